import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entriesCoordinatorStatements, entriesNodeStatements, StatementRepository } from '../src/index.ts';
import { openSpreadLedger, type SpreadLedger } from './several-servers.ts';

const TODAY = new Date().toISOString().slice(0, 10);
/** The node's part of this month. */
const LEAF = `entries_${TODAY.slice(0, 7).replace('-', '_')}_1`;
/** The first month of the ledger, which is over. */
const OVER = '2026-01-15';

describe('entries on two servers', () => {
  let spread: SpreadLedger;
  let here: string;
  let there: string;

  beforeAll(async () => {
    spread = await openSpreadLedger([TODAY, OVER]);
    here = await spread.openOn('coordinator');
    there = await spread.openOn('node');
    await spread.ledger.fund(here, 1_000n);
    await spread.ledger.fund(there, 1_000n);
  });
  afterAll(() => spread?.close());

  const post = (
    debit: string,
    credit: string,
    amountMinor: bigint,
    key = spread.ledger.nextKey(),
    bookingDate = TODAY,
  ) =>
    spread.ledger.ledger.post(key, {
      transfers: [{ debitAccountId: debit, creditAccountId: credit, currency: 'EUR', amountMinor }],
      bookingDate,
    });
  const versionsOf = async (account: string) => {
    const versions: bigint[] = [];
    for await (const { version } of new StatementRepository(spread.ledger.db).lines(account, { pageSize: 2 })) {
      versions.push(version);
    }
    return versions;
  };
  const countOnNode = (account: string) =>
    spread.onNode(async (client) => {
      const { rows } = await client.query<{ n: number }>(
        `SELECT count(*)::integer AS n FROM transactions.${LEAF} WHERE account_id = $1`,
        [account],
      );
      return rows[0]?.n;
    });

  it('has each account’s entries on one of them, and one statement of both', async () => {
    await post(here, there, 10n);
    await post(there, here, 5n);
    expect([await countOnNode(here), await countOnNode(there)]).toEqual([0, 3]);
    expect([await versionsOf(here), await versionsOf(there)]).toEqual([
      [3n, 2n, 1n],
      [3n, 2n, 1n],
    ]);
    expect(await spread.ledger.books.verify()).toEqual([]);
  });

  it('posts a batch across them, and refuses in it what there is no money for', async () => {
    const item = (debitAccountId: string, creditAccountId: string, amountMinor: bigint) => ({
      debitAccountId,
      creditAccountId,
      currency: 'EUR',
      amountMinor,
    });
    const answers = await spread.ledger.ledger.postBatch(spread.ledger.nextKey(), {
      transfers: [item(here, there, 1n), item(there, here, 2n), item(here, there, 10_000n)],
    });
    expect(answers.map((answer) => 'transactionId' in answer)).toEqual([true, true, false]);
    expect(await spread.ledger.books.verify()).toEqual([]);
  });

  it('refuses on the node what a change of an entry would be, and lets readers read only', async () => {
    const leaf = `transactions.${LEAF}`;
    for (const change of [`UPDATE ${leaf} SET amount_minor = 1`, `DELETE FROM ${leaf}`, `TRUNCATE ${leaf}`]) {
      await expect(spread.onNode((client) => client.query(change))).rejects.toMatchObject({ code: '23001' });
    }
    for (const change of [
      `UPDATE ${leaf} SET amount_minor = 1`,
      'DELETE FROM transactions.entries',
      `INSERT INTO transactions.entries SELECT * FROM ${leaf}`,
      `INSERT INTO ${leaf} SELECT * FROM ${leaf}`,
    ]) {
      const asOwner = spread.onCoordinator((client) => client.query(`SET ROLE finova_transactions_owner; ${change}`));
      // By a guard, or because the ledger itself may only read and add there.
      await expect(asOwner, change).rejects.toMatchObject({ code: expect.stringMatching(/^(?:23001|42501)$/) });
    }
    // Whoever is not the ledger comes to the node as its reader, superusers too.
    const byTrigger = `
      CREATE FUNCTION pg_temp.write() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO ${leaf} SELECT * FROM ${leaf}; RETURN NULL; END';
      CREATE TEMPORARY TABLE by_trigger ();
      CREATE TRIGGER write AFTER INSERT ON by_trigger EXECUTE FUNCTION pg_temp.write();
      INSERT INTO by_trigger DEFAULT VALUES`;
    await expect(spread.onCoordinator((client) => client.query(byTrigger))).rejects.toMatchObject({ code: '42501' });
    await spread.onCoordinator(async (client) => {
      await client.query('SET ROLE finova_transactions_app');
      const { rows } = await client.query('SELECT FROM transactions.entries WHERE account_id = $1', [there]);
      expect(rows.length).toBeGreaterThan(0);
    });
  });

  it('keeps the books when the coordinator dies between the two commits, and the retry after the repair is the first', async () => {
    // Makes the node's commit wait for us, so that it is there to die in.
    await spread.onNode((client) =>
      client.query(`
        CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON transactions.${LEAF} DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION public.wait()`),
    );
    const before = (await countOnNode(there)) ?? 0;
    // Servers of tests commit without waiting for the disk, and this one is about to crash.
    await spread.onCoordinator((client) => client.query('CHECKPOINT'));
    const key = spread.ledger.nextKey();
    const request = JSON.stringify({
      transfers: [{ debit_account_id: here, credit_account_id: there, currency: 'EUR', amount_minor: 100 }],
    });
    await spread.onNode(async (node) => {
      await node.query('SELECT pg_advisory_lock(1)');
      await spread.onCoordinator(async (client) => {
        const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        const answer = client
          .query('SELECT transactions.post_transaction($1, $2, $3)', [key.scope, key.key, request])
          .then(
            () => 'answered',
            () => 'no answer',
          );
        const isCommitting = `SELECT FROM pg_stat_activity WHERE usename = 'finova_entries_writer' AND wait_event = 'advisory'`;
        while ((await node.query(isCommitting)).rowCount === 0) {
          await setTimeout(20);
        }
        process.kill(rows[0]?.pid ?? Number.NaN, 'SIGKILL');
        expect(await answer).toBe('no answer');
      });
    });
    while ((await countOnNode(there)) === before) {
      await setTimeout(50);
    }
    await spread.onNode((client) => client.query(`DROP TRIGGER wait ON transactions.${LEAF}`));
    await recovered(spread);

    // The node has an entry of a transaction that never was: no statement shows it, verify names it, and nothing can take
    // its number.
    expect(await versionsOf(there)).toHaveLength(before);
    expect(await spread.ledger.books.verify()).toEqual([
      `entry ${before + 1} of account ${there} belongs to no transfer of its day`,
      `account ${there}: its totals are not the sum of its entries`,
    ]);
    await expect(post(here, there, 100n, key)).rejects.toThrow(`${LEAF}_pkey`);

    const discard = () =>
      spread.onCoordinator(async (client) => {
        const { rows } = await client.query<{ n: number }>('SELECT transactions.discard_orphans($1, $1) AS n', [TODAY]);
        return rows[0]?.n;
      });
    expect([await discard(), await discard()]).toEqual([1, 0]);
    expect(await spread.ledger.books.verify()).toEqual([]);
    const first = await post(here, there, 100n, key);
    expect(await post(here, there, 100n, key)).toEqual(first);
    expect(await countOnNode(there)).toBe(before + 1);
    expect(await spread.ledger.books.verify()).toEqual([]);
  });

  it('does not discard what a posting under way has committed there and not yet here', async () => {
    const waitsFor = async (event: string) => {
      await spread.onCoordinator(async (client) => {
        while ((await client.query('SELECT FROM pg_stat_activity WHERE wait_event = $1', [event])).rowCount === 0) {
          await setTimeout(20);
        }
      });
    };
    const setStandbys = (change: string) =>
      spread.onCoordinator(async (client) => {
        await client.query(`ALTER SYSTEM ${change}`);
        await client.query('SELECT pg_reload_conf()');
      });
    const before = (await countOnNode(there)) ?? 0;
    // A commit that waits for a standby, of which there is none, is not seen by others and keeps its locks.
    await setStandbys(`SET synchronous_standby_names = 'nobody'`);
    const posting = spread.onCoordinator(async (client) => {
      await client.query('SET synchronous_commit = on');
      const transfers = [{ debit_account_id: here, credit_account_id: there, currency: 'EUR', amount_minor: 1 }];
      const { scope, key } = spread.ledger.nextKey();
      await client.query('SELECT transactions.post_transaction($1, $2, $3)', [
        scope,
        key,
        JSON.stringify({ transfers }),
      ]);
    });
    await waitsFor('SyncRep');
    expect(await countOnNode(there)).toBe(before + 1);
    const discarding = spread.onCoordinator((client) =>
      client.query<{ n: number }>('SELECT transactions.discard_orphans($1, $1) AS n', [TODAY]),
    );
    await waitsFor('transactionid');
    await setStandbys('RESET synchronous_standby_names');
    await posting;
    expect((await discarding).rows).toEqual([{ n: 0 }]);
    expect(await spread.ledger.books.verify()).toEqual([]);
  });

  it('makes later months with a key of their own, and verify misses one that is gone', async () => {
    await spread.ledger.books.ensurePartitions('2028-01-01', '2028-01-31');
    expect(await spread.ledger.books.verify()).toEqual([]);
    await spread.onCoordinator(async (client) => {
      await client.query('BEGIN; ALTER TABLE transactions.entries_2028_01 DROP CONSTRAINT entries_2028_01_pkey');
      const { rows } = await client.query('SELECT problem FROM transactions.verify()');
      expect(rows).toEqual([{ problem: 'entries_2028_01 has no valid primary key' }]);
      await client.query('ROLLBACK');
    });
  });

  it('spreads no month that has entries, and none twice', async () => {
    await post(here, there, 1n, spread.ledger.nextKey(), '2026-02-10');
    for (const month of ['2026-02-01', TODAY]) {
      await spread.onNode((client) => client.query(entriesNodeStatements(spread.nodes, 0, [month])));
      await expect(
        spread.onCoordinator((client) => client.query(entriesCoordinatorStatements(spread.nodes, [month]))),
      ).rejects.toMatchObject({ code: 'FN009' });
    }
  });

  it('closes and retires a month that is spread, and guards what is left of it', async () => {
    await post(here, there, 7n, spread.ledger.nextKey(), OVER);
    await spread.ledger.books.takeSnapshots('2026-01-31');
    await expect(post(here, there, 7n, spread.ledger.nextKey(), OVER)).rejects.toThrow();
    expect(await spread.ledger.books.verify()).toEqual([]);
    expect(await spread.ledger.books.retireMonth(OVER)).toBe('entries_2026_01');
    expect(await spread.ledger.books.verify()).toEqual([]);
    for (const table of ['entries_2026_01', 'entries_2026_01_0', 'entries_2026_01_1']) {
      const change = `SET ROLE finova_transactions_owner; DELETE FROM transactions.${table}`;
      await expect(
        spread.onCoordinator((client) => client.query(change)),
        table,
      ).rejects.toMatchObject({ code: '23001' });
    }
  });
});

/** A server whose process was killed ends all connections and starts again by itself. */
async function recovered(spread: SpreadLedger): Promise<void> {
  for (;;) {
    try {
      await spread.ledger.books.verify({ from: '2027-12-01', to: '2027-12-01' });
      return;
    } catch {
      await setTimeout(50);
    }
  }
}
