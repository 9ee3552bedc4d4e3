import { type Client, escapeIdentifier } from 'pg';
import { isPostgresError, SqlState } from '../../errors/index.ts';
import { chainAttempt } from '../history-chain.ts';
import type { HistoryAttempt, HistoryRow, JournalRow } from '../journal.ts';
import type { LockHolder } from '../migration-errors.ts';

/**
 * The migrator's own tables of one domain, in the schema `<domain's schema>_migrations`. They live beside the
 * domain's schema, not in it, so that `down` to nothing leaves the domain's schema truly empty.
 */
export class PostgresBookkeeping {
  readonly #client: Client;
  readonly #schema: string;

  constructor(client: Client, domainSchema: string) {
    this.#client = client;
    this.#schema = escapeIdentifier(`${domainSchema}_migrations`);
  }

  /** Creates what is missing. Runs under the migration lock: PostgreSQL's `IF NOT EXISTS` alone loses races. */
  async ensure(): Promise<void> {
    const schema = this.#schema;
    const { rows } = await this.#client.query<{ ready: boolean }>('SELECT to_regclass($1) IS NOT NULL AS ready', [
      `${schema}.runner`,
    ]);
    if (rows[0]?.ready === true) {
      return;
    }
    await this.#client.query(`
      BEGIN;
      CREATE SCHEMA IF NOT EXISTS ${schema};
      CREATE TABLE ${schema}.journal (
        name text PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('started', 'done', 'reverting')),
        checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
        files jsonb NOT NULL,
        started_at timestamptz NOT NULL,
        duration_ms integer NOT NULL,
        actor text NOT NULL,
        host text NOT NULL,
        git_commit text,
        tool_version text NOT NULL
      );
      COMMENT ON TABLE ${schema}.journal IS 'One row per migration that is applied, or half applied, in this domain';
      CREATE TABLE ${schema}.history (
        sequence bigint PRIMARY KEY CHECK (sequence > 0),
        migration text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('up', 'down', 'repair')),
        outcome text NOT NULL CHECK (outcome IN ('succeeded', 'failed')),
        checksum text NOT NULL,
        started_at timestamptz NOT NULL,
        duration_ms integer NOT NULL,
        actor text NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        git_commit text,
        tool_version text NOT NULL,
        error text,
        previous_hash text NOT NULL CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
        hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$')
      );
      COMMENT ON TABLE ${schema}.history IS 'Append-only, hash-chained: every attempt to migrate this domain';
      CREATE FUNCTION ${schema}.refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $function$
      BEGIN
        RAISE EXCEPTION 'The migration history is append-only: % on it is refused', TG_OP USING ERRCODE = '23001';
      END $function$;
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${schema}.history
        FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.refuse_history_change();
      CREATE TABLE ${schema}.runner (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        backend_pid integer NOT NULL,
        actor text NOT NULL,
        host text NOT NULL,
        pid integer NOT NULL,
        since timestamptz NOT NULL DEFAULT clock_timestamp()
      );
      COMMENT ON TABLE ${schema}.runner IS 'Who last took the migration lock; holds it while backend_pid holds the advisory lock';
      COMMIT`);
  }

  async readJournal(): Promise<JournalRow[]> {
    const rows = await this.#readOrEmpty<JournalRow>(`
      SELECT name, state, checksum, files, '{}'::text[] AS "completedSteps", started_at AS "startedAt",
        duration_ms AS "durationMs", actor, host, git_commit AS "gitCommit", tool_version AS "toolVersion"
      FROM ${this.#schema}.journal ORDER BY name`);
    return rows;
  }

  async writeJournal(row: JournalRow): Promise<void> {
    await this.#client.query(
      `INSERT INTO ${this.#schema}.journal
         (name, state, checksum, files, started_at, duration_ms, actor, host, git_commit, tool_version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (name) DO UPDATE SET (state, checksum, files, started_at, duration_ms, actor, host, git_commit, tool_version) =
         (excluded.state, excluded.checksum, excluded.files, excluded.started_at, excluded.duration_ms, excluded.actor,
          excluded.host, excluded.git_commit, excluded.tool_version)`,
      [
        row.name,
        row.state,
        row.checksum,
        JSON.stringify(row.files),
        row.startedAt,
        row.durationMs,
        row.actor,
        row.host,
        row.gitCommit,
        row.toolVersion,
      ],
    );
  }

  async deleteFromJournal(name: string): Promise<void> {
    await this.#client.query(`DELETE FROM ${this.#schema}.journal WHERE name = $1`, [name]);
  }

  async readHistory(): Promise<HistoryRow[]> {
    const rows = await this.#readOrEmpty<Omit<HistoryRow, 'sequence'> & { sequence: bigint }>(`
      SELECT sequence, migration, direction, outcome, checksum, started_at AS "startedAt", duration_ms AS "durationMs",
        actor, host, pid, git_commit AS "gitCommit", tool_version AS "toolVersion", error,
        previous_hash AS "previousHash", hash
      FROM ${this.#schema}.history ORDER BY sequence`);
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }

  /** Appends to the history. The migration lock keeps two runners from chaining to the same row. */
  async recordAttempt(attempt: HistoryAttempt): Promise<void> {
    const { rows } = await this.#client.query<{ sequence: bigint; hash: string }>(
      `SELECT sequence, hash FROM ${this.#schema}.history ORDER BY sequence DESC LIMIT 1`,
    );
    const newest = rows[0];
    const row = chainAttempt(newest && { sequence: Number(newest.sequence), hash: newest.hash }, attempt);
    await this.#client.query(
      `INSERT INTO ${this.#schema}.history (sequence, migration, direction, outcome, checksum, started_at, duration_ms,
         actor, host, pid, git_commit, tool_version, error, previous_hash, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        row.sequence,
        row.migration,
        row.direction,
        row.outcome,
        row.checksum,
        row.startedAt,
        row.durationMs,
        row.actor,
        row.host,
        row.pid,
        row.gitCommit,
        row.toolVersion,
        row.error,
        row.previousHash,
        row.hash,
      ],
    );
  }

  async recordRunner(runner: Omit<LockHolder, 'since'>): Promise<void> {
    await this.#client.query(
      `INSERT INTO ${this.#schema}.runner (backend_pid, actor, host, pid) VALUES (pg_backend_pid(), $1, $2, $3)
       ON CONFLICT (only_row) DO UPDATE SET (backend_pid, actor, host, pid, since) =
         (excluded.backend_pid, excluded.actor, excluded.host, excluded.pid, clock_timestamp())`,
      [runner.actor, runner.host, runner.pid],
    );
  }

  /** The runner whose session holds the lock now, or `undefined` when it has not introduced itself yet. */
  async readRunner(lockKey: bigint): Promise<LockHolder | undefined> {
    const rows = await this.#readOrEmpty<LockHolder>(
      `SELECT actor, host, runner.pid, since FROM ${this.#schema}.runner
       JOIN pg_locks ON pg_locks.pid = runner.backend_pid AND locktype = 'advisory' AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (classid::bigint << 32) | objid::bigint = $1`,
      [lockKey],
    );
    return rows[0];
  }

  async #readOrEmpty<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(text, values)).rows;
    } catch (thrown) {
      if (isPostgresError(thrown, [SqlState.undefinedTable])) {
        return [];
      }
      throw thrown;
    }
  }
}
