import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { isPostgresError, SqlState } from '../../errors/index.ts';
import type { LockHolder } from '../errors/index.ts';
import { chainAttempt } from '../history-chain.ts';
import type { HistoryAttempt, HistoryRow, JournalRow } from '../journal.ts';
import { actAsMigrator } from './act-as-owner.ts';
import { ensureBookkeeping } from './bookkeeping-schema.ts';

/** All but the name. */
const JOURNAL_COLUMNS = 'state, checksum, files, started_at, duration_ms, actor, host, git_commit, tool_version';

/**
 * The migrator's own tables of one domain, in the schema `<domain's schema>_migrations`. They live beside the
 * domain's schema, not in it, so that `down` to nothing leaves the domain's schema truly empty.
 */
export class PostgresBookkeeping {
  readonly #client: Client;
  readonly #domainSchema: string;
  readonly #schema: string;
  /** The history row that the next one is chained to; `undefined` until it is asked for. */
  #newest: Pick<HistoryRow, 'sequence' | 'hash'> | 'none' | undefined;

  constructor(client: Client, domainSchema: string) {
    this.#client = client;
    this.#domainSchema = domainSchema;
    this.#schema = escapeIdentifier(`${domainSchema}_migrations`);
  }

  /** Creates what is missing. Runs under the migration lock. */
  ensure(): Promise<void> {
    return ensureBookkeeping(this.#client, this.#schema, actAsMigrator(this.#domainSchema));
  }

  readJournal(): Promise<JournalRow[]> {
    return this.#readJournalRows('true');
  }

  /** The rows of migrations that ran outside a transaction and did not come to their end. */
  readHalfDone(): Promise<JournalRow[]> {
    return this.#readJournalRows("state <> 'done'");
  }

  #readJournalRows(condition: string): Promise<JournalRow[]> {
    return this.#readOrEmpty<JournalRow>(`
      SELECT name, state, checksum, files, '{}'::text[] AS "completedSteps", started_at AS "startedAt",
        duration_ms AS "durationMs", actor, host, git_commit AS "gitCommit", tool_version AS "toolVersion"
      FROM ${this.#schema}.journal WHERE ${condition} ORDER BY name`);
  }

  async writeJournal(row: JournalRow): Promise<void> {
    await this.#client.query(this.writeJournalStatement(row));
  }

  async deleteFromJournal(name: string): Promise<void> {
    await this.#client.query(this.deleteFromJournalStatement(name));
  }

  /** Journals a migration, or what became of it since. With its values in it, to be sent together with others. */
  writeJournalStatement(row: JournalRow): string {
    return `${this.insertIntoJournalStatement(row)}
      ON CONFLICT (name) DO UPDATE SET (${JOURNAL_COLUMNS}) = (${JOURNAL_COLUMNS.replaceAll(/\w+/g, 'excluded.$&')})`;
  }

  /** Journals a migration, and fails where it is journaled already. With its values in it. */
  insertIntoJournalStatement(row: JournalRow): string {
    const values = [
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
    ];
    return `INSERT INTO ${this.#schema}.journal (name, ${JOURNAL_COLUMNS}) VALUES (${values.map(literal).join(', ')})`;
  }

  /** With its values in it. */
  deleteFromJournalStatement(name: string): string {
    return `DELETE FROM ${this.#schema}.journal WHERE name = ${literal(name)}`;
  }

  async readHistory(): Promise<HistoryRow[]> {
    const rows = await this.#readOrEmpty<Omit<HistoryRow, 'sequence'> & { sequence: bigint }>(`
      SELECT sequence, migration, direction, outcome, checksum, started_at AS "startedAt", duration_ms AS "durationMs",
        actor, host, pid, git_commit AS "gitCommit", tool_version AS "toolVersion", error,
        to_jsonb(history)->>'note' AS note, previous_hash AS "previousHash", hash
      FROM ${this.#schema}.history ORDER BY sequence`);
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }

  /** Appends to the history in a statement of its own. */
  async recordAttempt(attempt: HistoryAttempt): Promise<void> {
    const { statement, committed } = await this.recordAttemptStatement(attempt);
    await this.#client.query(statement);
    committed();
  }

  /**
   * The statement that appends to the history, with its values in it. The migration lock keeps two runners from
   * chaining to the same row, so the newest one is read once.
   *
   * @param transactionId - makes the statement fail in any other transaction: see {@link isEscape}.
   * @returns `committed`: to be called when the statement has committed, so that the next one is chained to it; `hash`:
   * that of the row.
   */
  async recordAttemptStatement(
    attempt: HistoryAttempt,
    transactionId?: string,
  ): Promise<{ statement: string; hash: string; committed: () => void }> {
    await this.prepareToRecord();
    const newest = this.#newest === 'none' ? undefined : this.#newest;
    const row = chainAttempt(newest, attempt);
    const values = [
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
      row.note,
      row.previousHash,
      row.hash,
    ];
    const statement = `INSERT INTO ${this.#schema}.history (sequence, migration, direction, outcome, checksum, started_at,
        duration_ms, actor, host, pid, git_commit, tool_version, error, note, previous_hash, hash)
      VALUES (${sequenceIn(transactionId, row.sequence)}, ${values.map(literal).join(', ')})`;
    return {
      statement,
      hash: row.hash,
      committed: () => {
        this.#newest = row;
      },
    };
  }

  /** Whether a statement of {@link recordAttemptStatement} failed because it ran in another transaction. */
  isEscape(thrown: unknown): boolean {
    return (
      isPostgresError(thrown, [SqlState.notNullViolation]) &&
      thrown.table === 'history' &&
      thrown.column === 'sequence' &&
      escapeIdentifier(thrown.schema ?? '') === this.#schema
    );
  }

  /** Reads what the next row is chained to, while the session still has the rights for it. */
  async prepareToRecord(): Promise<void> {
    this.#newest ??= (await this.#readNewest()) ?? 'none';
  }

  /** To be called when appended rows were rolled back. */
  forget(): void {
    this.#newest = undefined;
  }

  async #readNewest(): Promise<Pick<HistoryRow, 'sequence' | 'hash'> | undefined> {
    const { rows } = await this.#client.query<{ sequence: bigint; hash: string }>(
      `SELECT sequence, hash FROM ${this.#schema}.history ORDER BY sequence DESC LIMIT 1`,
    );
    const [newest] = rows;
    return newest && { sequence: Number(newest.sequence), hash: newest.hash };
  }

  /** Waits until everything committed so far is on disk, as far as the server's own settings ask for. */
  async flush(): Promise<void> {
    await this.#client.query(`
      BEGIN; SET LOCAL synchronous_commit TO DEFAULT; UPDATE ${this.#schema}.runner SET since = since; COMMIT`);
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

  /** The quoted name of the schema with these tables. */
  get schema(): string {
    return this.#schema;
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

/** A value as SQL, whatever the session's settings: a migration may have changed them. */
function literal(value: string | number | Date | null): string {
  if (value === null) {
    return 'NULL';
  }
  return typeof value === 'number' ? String(value) : escapeLiteral(value instanceof Date ? value.toISOString() : value);
}

/** No sequence, and with it no row, in any other transaction than this one. */
function sequenceIn(transactionId: string | undefined, sequence: number): string {
  return transactionId === undefined
    ? String(sequence)
    : `CASE pg_current_xact_id()::text WHEN ${literal(transactionId)} THEN ${sequence} END`;
}
