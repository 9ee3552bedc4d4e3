import type { Client } from 'pg';

/**
 * What must be refused, the statements that try it, and the rule that refuses: a constraint or trigger by name, else a
 * SQLSTATE. `undefined` for what must be done; whether it was is for its last statement to find out (`expectRows`).
 */
export type Refusal = readonly [what: string, statements: string, refusedBy: string | undefined];

/** What `$name` in a statement stands for: ids of the scenario. */
export type ScenarioIds = Readonly<Record<string, string>>;

/** A database in which something of everything has happened, for statements to be refused in. */
export interface RefusalScenario {
  /** A superuser's. */
  readonly url: string;
  readonly ids: ScenarioIds;
  close(): Promise<void>;
}

/**
 * Tries statements in a transaction that is rolled back, and returns what refused them: a constraint or trigger by name,
 * else a SQLSTATE, or `undefined`. What is checked at commit is checked after the last statement.
 *
 * @param within - `savepoint`, when the caller has a transaction open that is to go on.
 *
 * @example
 * await refusedBy(client, 'DELETE FROM accounts.accounts WHERE id = $account', { account }); // 'accounts_never_removed'
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
    await client.query(`${text}; SET CONSTRAINTS ALL IMMEDIATE`);
    return undefined;
  } catch (thrown) {
    const { constraint, code } = thrown as { readonly constraint?: string; readonly code?: string };
    // A copy of a rule on the partition of a month has the month in its name.
    return constraint?.replace(/_\d{4}_\d{2}(?=_)/, '') ?? code;
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

/** The same with the rights of a role: `finova_accounts_app`. */
export function withRightsOf(role: string, statements: string): string {
  return `SET LOCAL ROLE ${role}; ${statements}`;
}

/** Fails, by a division by zero, unless the query finds as many rows. */
export function expectRows(count: number, query: string): string {
  return `SELECT 1 / (count(*) = ${count})::integer FROM (${query}) AS found`;
}
