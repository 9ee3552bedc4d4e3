import type { Client } from 'pg';

/**
 * What must be refused, the statements that try it, and the rule that refuses: a constraint or trigger by name, else a
 * SQLSTATE. `undefined` for what must be done; whether it was is for its last statement to find out, by dividing by zero.
 */
export type Refusal = readonly [what: string, statements: string, refusedBy: string | undefined];

/** What `$name` in a statement stands for: ids of the scenario. */
export type ScenarioIds = Readonly<Record<string, string>>;

/**
 * Tries it in a transaction that is rolled back, and returns what refused it.
 *
 * @param within - `savepoint`, when the caller has a transaction open that is to go on.
 */
export async function refusedBy(
  client: Client,
  statements: string,
  ids: ScenarioIds,
  within: 'transaction' | 'savepoint' = 'transaction',
): Promise<string | undefined> {
  const text = statements.replaceAll(/\$([a-z]+)\b/g, (found, name: string) =>
    ids[name] === undefined ? found : `'${ids[name]}'`,
  );
  await client.query(within === 'savepoint' ? 'SAVEPOINT refusal' : 'BEGIN');
  try {
    await client.query(text);
    return undefined;
  } catch (thrown) {
    const { constraint, code } = thrown as { readonly constraint?: string; readonly code?: string };
    // A partition's copy of a rule has the partition's name in its own.
    return constraint?.replace(/^entries_\d{4}_\d{2}_/, 'entries_') ?? code;
  } finally {
    await client.query(within === 'savepoint' ? 'ROLLBACK TO refusal; RELEASE refusal' : 'ROLLBACK');
  }
}

/** The same inside of a trigger, where what refuses statements of one's own does not. */
export function byTrigger(statement: string): string {
  return `CREATE TEMP TABLE by_trigger (statement text) ON COMMIT DROP;
    CREATE FUNCTION pg_temp.run_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN EXECUTE NEW.statement; RETURN NULL; END';
    CREATE TRIGGER run_it AFTER INSERT ON by_trigger FOR EACH ROW EXECUTE FUNCTION pg_temp.run_it();
    INSERT INTO by_trigger VALUES ($statement$${statement}$statement$)`;
}

/** The same in a session that has ordinary triggers switched off. */
export function asReplica(statements: string): string {
  return `SET LOCAL session_replication_role = replica; ${statements}`;
}

/** Fails unless the query finds as many rows. */
export function expectRows(count: number, query: string): string {
  return `SELECT 1 / (count(*) = ${count})::integer FROM (${query}) AS found`;
}
