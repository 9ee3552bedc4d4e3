import type { Client } from 'pg';
import { ACT_AS_ONESELF } from './act-as-owner.ts';

/**
 * Creates the migrator's own tables of one domain, or adds what a newer version of the migrator brought. Runs under
 * the migration lock: PostgreSQL's `IF NOT EXISTS` alone loses races.
 *
 * @param schema - name of their schema, quoted.
 * @param actAsOwner - the statement by which the session takes on the rights of the schema's owner.
 */
export async function ensureBookkeeping(client: Client, schema: string, actAsOwner: string): Promise<void> {
  const { rows } = await client.query<{ has_first: boolean; has_second: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS has_first, to_regclass($2) IS NOT NULL AS has_second',
    [`${schema}.runner`, `${schema}.repeatables`],
  );
  const found = rows[0];
  const missing = [
    ...(found?.has_first === true ? [] : [firstVersion(schema)]),
    ...(found?.has_second === true ? [] : [secondVersion(schema)]),
  ];
  if (missing.length > 0) {
    await client.query(`BEGIN; ${actAsOwner};${missing.join('')}${ACT_AS_ONESELF}; COMMIT`);
  }
}

function firstVersion(schema: string): string {
  return `
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
      direction text NOT NULL,
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
  `;
}

/** Repeatables, and notes in the history. */
function secondVersion(schema: string): string {
  return `
    ALTER TABLE ${schema}.history ADD COLUMN note text,
      DROP CONSTRAINT IF EXISTS history_direction_check,
      ADD CONSTRAINT history_direction_check CHECK (direction IN ('up', 'down', 'repair', 'baseline', 'repeatable'));
    CREATE TABLE ${schema}.repeatables (
      name text,
      revision integer CHECK (revision > 0),
      checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'),
      -- NULL: the file was removed, and with it what it had made.
      text text,
      objects jsonb NOT NULL,
      -- The newest migration applied at the time; a revision goes with it when it is reverted.
      after_migration text NOT NULL,
      applied_at timestamptz NOT NULL,
      actor text NOT NULL,
      git_commit text,
      PRIMARY KEY (name, revision)
    );
    COMMENT ON TABLE ${schema}.repeatables IS 'Every text that each repeatable has had; the highest revision is in effect';
  `;
}
