import { randomInt, randomUUID } from 'node:crypto';
import { createPostgresDatabase } from '@finova/db-kit/postgres';
import { GroupedPostings, LedgerRepository, type TransactionsDatabase } from '@finova/transactions-db';
import { Pool } from 'pg';
import { ACCOUNTS } from './prepare-ledger.ts';

/** A load from Node.js: so many callers that each post, one transfer after the other, over as many connections. */
export interface NodeLoad {
  readonly databaseUrl: string;
  readonly callers: number;
  readonly durationSeconds: number;
}

/** How often each caller posts before that counts. */
const WARM_UP_CALLS = 200;

/** The statement that the repository sends, alone. */
const POST = 'SELECT transactions.post_transfer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS answer';

/** How many postings complete a second through the repository. */
export async function runRepository(load: NodeLoad): Promise<number> {
  const db = createPostgresDatabase<TransactionsDatabase>({
    url: load.databaseUrl,
    applicationName: 'finova bench',
    maxConnections: load.callers,
  });
  try {
    const ledger = new LedgerRepository(db);
    return await countPerSecond(load, async () => {
      const { debit, credit, amount } = draw();
      await ledger.postTransfer(
        { scope: 'bench', key: randomUUID() },
        { debitAccountId: debit, creditAccountId: credit, currency: 'EUR', amountMinor: BigInt(amount) },
      );
    });
  } finally {
    await db.destroy();
  }
}

/** How many connections {@link runGrouped} has. */
const GROUPS = 2;

/** How many postings complete a second when those of many callers go together. */
export async function runGrouped(load: NodeLoad): Promise<number> {
  const db = createPostgresDatabase<TransactionsDatabase>({
    url: load.databaseUrl,
    applicationName: 'finova bench',
    maxConnections: GROUPS,
  });
  try {
    const postings = new GroupedPostings(new LedgerRepository(db), { maxGroups: GROUPS });
    return await countPerSecond(load, async () => {
      const { debit, credit, amount } = draw();
      await postings.post(
        { scope: 'bench', key: randomUUID() },
        { debitAccountId: debit, creditAccountId: credit, currency: 'EUR', amountMinor: BigInt(amount) },
      );
    });
  } finally {
    await db.destroy();
  }
}

/** How many complete by the same statement through `pg` alone. */
export async function runPg(load: NodeLoad): Promise<number> {
  const pool = new Pool({ connectionString: load.databaseUrl, max: load.callers });
  try {
    return await countPerSecond(load, async () => {
      const { debit, credit, amount } = draw();
      await pool.query(POST, ['bench', randomUUID(), debit, credit, 'EUR', amount, null, null, null, null]);
    });
  } finally {
    await pool.end();
  }
}

function draw(): { readonly debit: string; readonly credit: string; readonly amount: number } {
  const debit = randomInt(ACCOUNTS);
  const id = (index: number) => `00000000-0000-7000-8000-${String((index % ACCOUNTS) + 1).padStart(12, '0')}`;
  return { debit: id(debit), credit: id(debit + 1 + randomInt(ACCOUNTS - 1)), amount: 1 + randomInt(10_000) };
}

async function countPerSecond({ callers, durationSeconds }: NodeLoad, call: () => Promise<void>): Promise<number> {
  // Connections and plans are made, and code is compiled, before the clock starts.
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let warmUp = 0; warmUp < WARM_UP_CALLS; warmUp += 1) {
        await call();
      }
    }),
  );
  let completed = 0;
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + durationSeconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endsAtMs) {
        await call();
        completed += 1;
      }
    }),
  );
  return completed / ((performance.now() - startedAtMs) / 1_000);
}
