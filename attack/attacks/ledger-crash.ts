import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FinovaError } from '@finova/db-kit';
import { readDomain, withMigrator } from '@finova/db-kit/migrations';
import { createPostgresDatabase, withPostgresClient } from '@finova/db-kit/postgres';
import {
  type BatchInput,
  BooksRepository,
  type IdempotencyKey,
  LedgerRepository,
  type PostingInput,
  type SingleTransferInput,
  type TransactionsDatabase,
} from '@finova/transactions-db';
import getPort from 'get-port';
import { type Kysely, sql } from 'kysely';
import { TEST_IDENTITY } from '../../packages/db-kit/src/testing/test-identity.ts';
import { PostgresCluster } from '../../tools/local-databases/src/embedded/postgres-cluster.ts';
import type { Attack, AttackContext } from '../harness/attack.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', 'packages');
const PASSWORD = 'of-a-server-that-is-killed';
const ACCOUNTS = 12;
const WRITERS = 6;

/** A request, and what the ledger answered to it before the crash, if it did. */
type Request = { readonly key: IdempotencyKey; answer?: string } & (
  | { readonly kind: 'post'; readonly input: PostingInput }
  | { readonly kind: 'transfer'; readonly input: SingleTransferInput }
  | { readonly kind: 'batch'; readonly input: BatchInput }
);

/**
 * `kill -9` of a durable server under load. What was answered must be there afterwards; every request sent again must get
 * the same answer, or be carried out once; and no cent may be lost or made.
 */
export const ledgerCrash: Attack = {
  name: 'ledger-crash',
  async run(context) {
    const rounds = context.count({ full: 50, short: 8, tiny: 1 });
    const folder = await mkdtemp(join(tmpdir(), 'finova-ledger-crash-'));
    const cluster = new PostgresCluster(folder, { throwAway: false });
    const port = await getPort({ host: '127.0.0.1' });
    const url = PostgresCluster.url(port, PASSWORD);
    const failures: string[] = [];
    let unanswered = 0;
    let requests = 0;
    try {
      await cluster.start(port, PASSWORD);
      const accounts = await prepare(url);
      for (let round = 1; round <= rounds; round += 1) {
        const sent = await loadUntilKilled(context, { url, cluster, accounts, round });
        await startAgain(cluster, port);
        requests += sent.length;
        unanswered += sent.filter(({ answer }) => answer === undefined).length;
        failures.push(...(await check(url, sent)).map((failure) => `round ${round}: ${failure}`));
        context.onRound?.(round, rounds);
      }
    } finally {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    }
    return {
      done: `${rounds} kills of a server under load; ${requests} requests, ${unanswered} of them without an answer`,
      failures,
    };
  },
};

async function prepare(url: string): Promise<string[]> {
  for (const name of ['accounts-db', 'transactions-db']) {
    const domain = await readDomain(join(PACKAGES, name));
    await withMigrator({ domain, url, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 }, (migrator) => migrator.up());
  }
  return withPostgresClient({ url, applicationName: 'finova attack' }, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO accounts.accounts
         (currency, is_internal, name, cash_account_type, normal_side, status, overdraft_limit_minor, opened_at)
       SELECT 'EUR', true, 'Attacked ' || n, 'OTHR', 'credit', 'active', 100, clock_timestamp()
       FROM generate_series(1, $1) AS n RETURNING id`,
      [ACCOUNTS],
    );
    return rows.map(({ id }) => id);
  });
}

async function loadUntilKilled(
  { random }: AttackContext,
  server: { url: string; cluster: PostgresCluster; accounts: readonly string[]; round: number },
): Promise<Request[]> {
  const sent: Request[] = [];
  const transfer = () => {
    const debit = random.below(ACCOUNTS);
    const credit = (debit + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
    const id = (index: number) => server.accounts[index] ?? '';
    return {
      debitAccountId: id(debit),
      creditAccountId: id(credit),
      currency: 'EUR',
      amountMinor: BigInt(1 + random.below(60)),
    };
  };
  const makeRequest = (count: number, key: IdempotencyKey): Request => {
    switch (count % 3) {
      case 0:
        return { key, kind: 'post', input: { transfers: [transfer()] } };
      case 1:
        return { key, kind: 'transfer', input: transfer() };
      default:
        return { key, kind: 'batch', input: { transfers: Array.from({ length: 30 }, transfer) } };
    }
  };
  await withLedger(server.url, async (db) => {
    const ledger = new LedgerRepository(db);
    let isKilled = false;
    const write = async (writer: number) => {
      for (let count = 0; !isKilled; count += 1) {
        const key = { scope: 'attack', key: `${server.round}/${writer}/${count}` };
        const request = makeRequest(count, key);
        sent.push(request);
        try {
          request.answer = await ask(ledger, request);
        } catch (thrown) {
          // The ledger's own refusals are answers; what comes when the server is gone is none.
          if (thrown instanceof FinovaError) {
            request.answer = thrown.name;
          }
        }
      }
    };
    const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    await sleep(300 + random.below(700));
    const pid = Number((await readFile(join(server.cluster.dataFolder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    isKilled = true;
    await writing;
  });
  return sent;
}

async function ask(ledger: LedgerRepository, request: Request): Promise<string> {
  switch (request.kind) {
    case 'post':
      return JSON.stringify(await ledger.post(request.key, request.input));
    case 'transfer':
      return JSON.stringify(await ledger.postTransfer(request.key, request.input));
    case 'batch':
      return JSON.stringify(await ledger.postBatch(request.key, request.input));
  }
}

/** The processes of the killed server end by themselves, and hold its memory until they have. */
async function startAgain(cluster: PostgresCluster, port: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await cluster.start(port, PASSWORD);
      return;
    } catch (thrown) {
      if (attempt === 20) {
        throw thrown;
      }
      await sleep(250);
    }
  }
}

async function check(url: string, sent: readonly Request[]): Promise<string[]> {
  return withLedger(url, async (db) => {
    const ledger = new LedgerRepository(db);
    const failures: string[] = await new BooksRepository(db).verify();
    for (const request of sent) {
      const again = await ask(ledger, request).catch((thrown: Error) => thrown.name);
      // A refusal keeps no key, so that the same request may be carried out later.
      const wasRefused = request.answer !== undefined && !/^[[{]/.test(request.answer);
      if (request.answer !== undefined && !wasRefused && again !== request.answer) {
        failures.push(`${request.key.key} was answered ${request.answer}, and then ${again}`);
      }
    }
    failures.push(...(await new BooksRepository(db).verify()));
    const { rows } = await sql<{ made: bigint | string; keys: bigint; transactions: bigint }>`
      SELECT (SELECT sum(credits_posted_minor - debits_posted_minor) FROM transactions.balances)::bigint AS made,
        (SELECT count(*) FROM transactions.idempotency_keys, LATERAL (
           SELECT CASE WHEN transaction_id IS NOT NULL THEN 1 ELSE (
             SELECT count(*) FROM jsonb_array_elements_text(response -> 'transaction_ids') AS ids(id) WHERE id IS NOT NULL) END) AS kept(count),
           generate_series(1, kept.count)) AS keys,
        (SELECT count(*) FROM transactions.transactions) AS transactions`.execute(db);
    const [totals] = rows;
    if (totals?.made !== 0n) {
      failures.push(`money was made or lost: ${totals?.made}`);
    }
    if (totals?.keys !== totals?.transactions) {
      failures.push(`${totals?.transactions} transactions for ${totals?.keys} that keys were answered with`);
    }
    return failures;
  });
}

async function withLedger<T>(url: string, use: (db: Kysely<TransactionsDatabase>) => Promise<T>): Promise<T> {
  const db = createPostgresDatabase<TransactionsDatabase>({
    url,
    applicationName: 'finova attack',
    maxConnections: WRITERS,
  });
  try {
    return await use(db);
  } finally {
    await db.destroy();
  }
}
