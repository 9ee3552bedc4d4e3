import { withPostgresClient } from '@finova/db-kit/postgres';
import { type Refusal, type RefusalScenario, refusedBy } from '@finova/db-kit/testing';
import type { Client } from 'pg';
import { openRefusalScenario, REFUSALS } from '../../packages/transactions-db/test/refusals/index.ts';
import type { Attack } from '../harness/attack.ts';

/** One thing that keeps the ledger right, taken away. */
interface Mutation {
  /** The rule or right that is gone: `balances_available`. */
  readonly rule: string;
  readonly statement: string;
}

/**
 * Takes away each constraint, trigger and grant of the ledger in turn, in a transaction that is rolled back, and looks
 * whether a refusal check of transactions-db finds out. One that none finds is a rule that could be lost unnoticed.
 */
export const ledgerMutations: Attack = {
  name: 'ledger-mutations',
  async run({ random, servers, count }) {
    const scenario = await openRefusalScenario(servers.postgres);
    try {
      return await withPostgresClient({ url: scenario.url, applicationName: 'finova attack' }, async (client) => {
        const { rows } = await client.query<Mutation>(MUTATIONS);
        const all = rows.filter(({ rule }) => !WITHOUT_EFFECT.has(rule));
        const tried = random.shuffle(all).slice(0, count({ full: all.length, short: 60, tiny: 6 }));
        const survivors: string[] = [];
        for (const mutation of tried) {
          if (!(await isFound(client, scenario, mutation))) {
            survivors.push(`nothing finds out about: ${mutation.statement}`);
          }
        }
        const found = tried.length - survivors.length;
        return {
          done: `${found} of ${tried.length} mutations found (${all.length} there are), by ${REFUSALS.length} checks`,
          failures: survivors,
        };
      });
    } finally {
      await scenario.close();
    }
  },
};

/**
 * What another rule refuses in every case: partitions refuse to be truncated with their parent, and balances_in_step
 * refuses a balance that does not say what its account says, NULL included. `verify` misses the trigger all the same.
 */
const WITHOUT_EFFECT = new Set([
  'entries_no_truncate',
  'balances without normal_side',
  'balances without account_status',
]);

async function isFound(client: Client, { ids }: RefusalScenario, { rule, statement }: Mutation): Promise<boolean> {
  await client.query('BEGIN');
  try {
    await client.query(statement);
    for (const [, statements, expected] of REFUSALS.toSorted(byRelevance(rule))) {
      // What looks at the catalog finds everything at once; it counts for partitions, which statements cannot tell apart.
      const looksAtCatalog = /missing_guards/.test(statements);
      if (looksAtCatalog && !rule.startsWith('partition ')) {
        continue;
      }
      if ((await refusedBy(client, statements, ids, 'savepoint')) !== expected) {
        return true;
      }
    }
    return false;
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The check that names the rule comes first, and those of rights where one is changed: most are found by these. */
function byRelevance(rule: string) {
  const isRight = / (?:for|of) /.test(rule) || rule.startsWith('for ');
  const relevance = ([what, statements, expected]: Refusal) =>
    Number(expected === rule || what === rule || (isRight && /ROLE finova_|_privilege\(/.test(statements)));
  return (left: Refusal, right: Refusal) => relevance(right) - relevance(left);
}

/** Everything that can be taken away, read from the catalog: what is added to the ledger is mutated as well. */
const MUTATIONS = `
  WITH ours AS (
    SELECT pg_class.oid, relname, relispartition FROM pg_class
    WHERE relnamespace = 'transactions'::regnamespace AND relkind IN ('r', 'p')
  ), constraints AS (
    SELECT conname::text AS rule, CASE WHEN contypid <> 0 THEN format('ALTER DOMAIN %s DROP CONSTRAINT %I', contypid::regtype, conname)
      ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) END AS statement
    FROM pg_constraint
    WHERE connamespace = 'transactions'::regnamespace AND contype NOT IN ('n', 't') AND conparentid = 0 AND conislocal
  ), columns AS (
    SELECT format('%s without %s', relname, attname), format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', oid::regclass, attname)
    FROM ours JOIN pg_attribute ON attrelid = oid
    WHERE NOT relispartition AND attnum > 0 AND attnotnull AND attidentity = '' AND NOT EXISTS (
      SELECT FROM pg_index WHERE indrelid = oid AND indisprimary AND attnum = ANY (indkey))
  ), triggers AS (
    SELECT tgname, tgrelid, tgenabled, pg_trigger.oid, tgparentid FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND pronamespace = 'transactions'::regnamespace
  ), rights AS (
    SELECT 'TABLE' AS kind, oid::regclass::text AS name, relacl AS acl FROM pg_class
    WHERE relnamespace = 'transactions'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    UNION ALL
    SELECT 'FUNCTION', oid::regprocedure::text, proacl FROM pg_proc WHERE pronamespace = 'transactions'::regnamespace
    UNION ALL
    SELECT 'SCHEMA', nspname, nspacl FROM pg_namespace WHERE nspname = 'transactions'
  )
  SELECT * FROM constraints
  UNION ALL
  SELECT * FROM columns
  UNION ALL
  SELECT tgname, format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM triggers
  WHERE tgparentid = 0 AND tgrelid NOT IN (SELECT oid FROM ours WHERE relispartition)
  UNION ALL
  SELECT tgname, format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname) FROM triggers
  WHERE tgparentid = 0 AND tgenabled = 'A' AND tgrelid NOT IN (SELECT oid FROM ours WHERE relispartition)
  UNION ALL
  SELECT 'partition ' || tgname, format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass, change, tgname)
  FROM triggers, unnest(ARRAY['DISABLE', 'ENABLE']) AS change
  WHERE tgrelid IN ('transactions.entries_2026_01'::regclass, 'transactions.entries_2027_12'::regclass)
  UNION ALL
  SELECT privilege_type || ' for ' || grantee::regrole, format('REVOKE %s ON %s %s FROM %s', privilege_type, kind, name, grantee::regrole)
  FROM rights, aclexplode(acl)
  WHERE grantee <> 0 AND grantee::regrole::text IN ('finova_transactions_app', 'finova_transactions_readonly')
  UNION ALL
  SELECT 'for everybody', format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', name) FROM rights WHERE kind = 'FUNCTION'
  UNION ALL
  SELECT 'for the application', format('GRANT %s ON %s TO finova_transactions_app', wanted, name)
  FROM rights, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS wanted WHERE kind = 'TABLE'
  UNION ALL
  SELECT 'rights of the owner', format('ALTER FUNCTION %s SECURITY INVOKER', pg_proc.oid::regprocedure)
  FROM pg_proc WHERE pronamespace = 'transactions'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype
  ORDER BY 2`;
