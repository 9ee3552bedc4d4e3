import { randomInt } from 'node:crypto';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { StatementRepository, type TransactionsDatabase } from '@finova/transactions-db';
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { median } from '../harness/median.ts';
import { ACCOUNT_ID, ACCOUNTS } from './prepare-ledger.ts';

/** Where in a statement a page is. */
export type Depth = 'first' | 'middle' | 'last';
const DEPTHS: readonly Depth[] = ['first', 'middle', 'last'];

const PAGE_LINES = 50;

/**
 * How long the server works on a page of a statement, in ms: the execution time of `EXPLAIN ANALYZE` over the very query
 * of the repository, at each depth the median over accounts drawn at random.
 */
export async function timeStatementPages(databaseUrl: string, accounts: number): Promise<Record<Depth, number>> {
  return withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    const times: Record<Depth, number[]> = { first: [], middle: [], last: [] };
    for (let drawn = 0; drawn < accounts; drawn++) {
      const { rows } = await client.query<{ id: string; version: bigint }>(
        `SELECT account_id AS id, version FROM transactions.balances WHERE account_id = ${ACCOUNT_ID('$1')}`,
        [1 + randomInt(ACCOUNTS)],
      );
      const [account] = rows;
      if (account === undefined) {
        throw new Error('An account of the benchmark has no balance');
      }
      for (const depth of DEPTHS) {
        const before = { first: undefined, middle: account.version / 2n, last: BigInt(PAGE_LINES) + 1n }[depth];
        const { sql, parameters } = await pageQuery(account.id, before);
        const { rows: plans } = await client.query<{ 'QUERY PLAN': readonly { 'Execution Time': number }[] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
          [...parameters],
        );
        times[depth].push(plans[0]?.['QUERY PLAN'][0]?.['Execution Time'] ?? Number.NaN);
      }
    }
    return { first: median(times.first), middle: median(times.middle), last: median(times.last) };
  });
}

/** What the repository asks of the server, which it is told here that there is none. */
async function pageQuery(accountId: string, before: bigint | undefined): Promise<CompiledQuery> {
  const asked: CompiledQuery[] = [];
  const db = new Kysely<TransactionsDatabase>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void asked.push(query),
  });
  await new StatementRepository(db).page(accountId, { before, limit: PAGE_LINES });
  const [query] = asked;
  if (query === undefined) {
    throw new Error('A page of a statement asked nothing of the server');
  }
  return query;
}
