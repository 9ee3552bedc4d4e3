import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMongoClient } from '@finova/db-kit/mongodb';
import { createPostgresDatabase, withTransaction } from '@finova/db-kit/postgres';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { PreferencesRepository } from '@finova/preferences-db';
import { LedgerRepository } from '@finova/transactions-db';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenRelayWorld, openRelayWorld } from '../../test/support/open-relay-world.ts';
import type { RelayWorld } from '../../test/support/relay-world.ts';
import { InboxRepository } from '../repositories/inbox-repository.ts';
import { LedgerRelay, type RelayedBatch } from './ledger-relay.ts';
import type { LedgerDatabase } from './read-movements.ts';

describe('the relay from the ledger to the inbox', () => {
  let open: OpenRelayWorld;
  let world: RelayWorld;
  let relay: LedgerRelay;
  let ada: string;
  let grace: string;
  let account: string;

  beforeAll(async () => {
    open = await openRelayWorld({ postgres: testPostgresUrl(), mongodb: testMongoUrl() });
    world = open.world;
    relay = new LedgerRelay(world.databases);
  });
  afterAll(() => open?.close());
  beforeEach(async () => {
    [ada, grace] = [await world.customer(), await world.customer()];
    account = await world.account([ada, grace], { name: 'Household' });
  });

  /** Relays all there is. The server is that of other tests too, and what they have open is waited for as well. */
  async function relayAll(by = relay, consumer = 'notifications'): Promise<RelayedBatch> {
    let total: RelayedBatch = { messages: 0, added: 0, existing: 0, erased: 0, setAside: [] };
    const endsAtMs = performance.now() + 50_000;
    while ((await world.messagesLeft(consumer)) > 0) {
      expect(performance.now(), 'relayed for 50 s').toBeLessThan(endsAtMs);
      const batch = await by.relayBatch();
      total = {
        messages: total.messages + batch.messages,
        added: total.added + batch.added,
        existing: total.existing + batch.existing,
        erased: total.erased + batch.erased,
        setAside: [...total.setAside, ...batch.setAside],
      };
      await sleep(batch.messages === 0 ? 20 : 0);
    }
    return total;
  }

  /** The inbox of a customer: what happened and to which account, newest last. */
  async function inboxOf(userId: string) {
    const { notifications } = await new InboxRepository(world.notifications).page(userId, { limit: 200 });
    return notifications.map(({ title, body, amount, data, severity }) => ({
      title,
      body,
      amount,
      severity,
      side: data['side'],
    }));
  }
  const titlesOf = async (userId: string) => (await inboxOf(userId)).map(({ title }) => title).sort();
  const insertMessage = (topic: string, key: string, payload: object) =>
    sql`INSERT INTO transactions.outbox (topic, key, payload) VALUES (${topic}, ${key}, ${JSON.stringify(payload)})`.execute(
      world.ledgerDb,
    );

  it('tells every holder of both accounts, in words and in minor units, and nobody of the bank', async () => {
    const shop = await world.customer();
    await world.post(account, await world.account([shop], { name: 'Till' }), 123_456n);
    await world.post(world.clearing, account, 500n);
    expect(await relayAll()).toEqual({ messages: 2, added: 15, existing: 0, erased: 0, setAside: [] });
    const sent = {
      title: 'Payment sent',
      body: 'EUR 1,234.56 was debited from your account Household.',
      severity: 'notice',
      side: 'debit',
      amount: { amountMinor: 123_456n, currency: 'EUR' },
    };
    for (const holder of [ada, grace]) {
      expect(await titlesOf(holder)).toEqual(['Payment received', 'Payment sent']);
      expect(await inboxOf(holder)).toContainEqual(sent);
    }
    expect(await inboxOf(shop)).toEqual([
      { ...sent, title: 'Payment received', body: 'EUR 1,234.56 was credited to your account Till.', side: 'credit' },
    ]);
  });

  it('tells of both sides where both accounts are of one customer, and of sums where an account moves twice', async () => {
    const savings = await world.account([ada], { name: 'Savings' });
    await world.post(account, savings, 100n);
    const transfers = [world.transfer(world.clearing, savings, 70n), world.transfer(savings, account, 30n)];
    await world.ledger.post(world.nextKey(), { transfers });
    await relayAll();
    const amounts = (await inboxOf(ada)).map(({ side, amount }) => `${side} ${amount?.amountMinor}`);
    expect(amounts.sort()).toEqual(['credit 100', 'credit 30', 'credit 40', 'debit 100']);
  });

  it('tells whose money it is of holds, and both of what was captured or reversed', async () => {
    const shop = await world.customer();
    const till = await world.account([shop]);
    const hold = async (amountMinor: bigint) => {
      const expiresAt = new Date(Date.now() + 3_600_000);
      const transfers = [world.transfer(account, till, amountMinor)];
      return (await world.ledger.hold(world.nextKey(), { transfers, expiresAt })).transactionId;
    };
    await world.ledger.capture(world.nextKey(), { pendingTransactionId: await hold(10n), amountMinor: 4n });
    await world.ledger.voidPending(world.nextKey(), { pendingTransactionId: await hold(20n) });
    await world.ledger.reverse(world.nextKey(), { transactionId: await world.post(account, till, 30n) });
    await relayAll();
    expect(await titlesOf(ada)).toEqual([
      'Amount reserved',
      'Amount reserved',
      'Payment returned',
      'Payment sent',
      'Payment sent',
      'Reservation released',
    ]);
    expect(await titlesOf(shop)).toEqual(['Payment received', 'Payment received', 'Payment taken back']);
    expect((await inboxOf(ada)).find(({ title }) => title === 'Reservation released')?.amount?.amountMinor).toBe(20n);
  });

  it('writes amounts as the customer does', async () => {
    await new PreferencesRepository(world.preferences).patch(ada, { locale: 'de-DE' }, { expectedRevision: 0 });
    await world.post(account, world.clearing, 123_456n);
    await relayAll();
    expect((await inboxOf(ada))[0]?.body).toContain('1.234,56');
    expect((await inboxOf(grace))[0]?.body).toContain('1,234.56');
  });

  it('asks what the holder set for the account before what they set for everything', async () => {
    const off = { enabled: false, minimumSeverity: 'info', digest: 'immediate' } as const;
    await world.settings.put({ userId: ada, scope: 'account', accountId: account }, { channels: { in_app: off } });
    const other = await world.account([ada], { name: 'Other' });
    await world.post(account, other, 100n);
    await relayAll();
    expect((await inboxOf(ada)).map(({ body }) => body)).toEqual(['EUR 1.00 was credited to your account Other.']);
  });

  describe('stores everything once', () => {
    it('when it ends between writing notifications and keeping the place', async () => {
      await world.post(account, world.clearing, 100n);
      await sql`
        CREATE FUNCTION public.end_here() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'The process ended here'; END $$`.execute(world.ledgerDb);
      await sql`
        CREATE TRIGGER end_here BEFORE UPDATE ON transactions.outbox_consumers
          FOR EACH ROW EXECUTE FUNCTION public.end_here()`.execute(world.ledgerDb);
      try {
        await expect(relayAll()).rejects.toThrow('The process ended here');
      } finally {
        await sql`DROP FUNCTION public.end_here() CASCADE`.execute(world.ledgerDb);
      }
      const stored = await world.stored();
      expect(await titlesOf(ada)).toEqual(['Payment sent']);
      expect(await relayAll()).toMatchObject({ messages: 1, added: 0, existing: 6 });
      expect(await world.stored()).toEqual(stored);
    });

    it('when another consumer brings all of it again', async () => {
      await world.post(account, world.clearing, 100n);
      await relayAll();
      const stored = await world.stored();
      const again = new LedgerRelay(world.databases, { consumer: 'again' });
      await again.relayBatch(1);
      const { added, existing } = await relayAll(again, 'again');
      expect({ added, existing: existing > 0 }).toEqual({ added: 0, existing: true });
      expect(await world.stored()).toEqual(stored);
    });

    it('when several relays work at once, one after the other', async () => {
      const posted = await Promise.all(Array.from({ length: 20 }, () => world.post(account, world.clearing, 1n)));
      const relays = Array.from({ length: 4 }, () => new LedgerRelay(world.databases));
      const batches: RelayedBatch[] = [];
      while ((await world.messagesLeft()) > 0) {
        batches.push(...(await Promise.all(relays.map((one) => one.relayBatch(3)))));
      }
      expect(batches.reduce((total, { messages }) => total + messages, 0)).toBe(posted.length);
      expect(batches.reduce((total, { existing }) => total + existing, 0)).toBe(0);
      expect((await titlesOf(ada)).length).toBe(posted.length);
    });

    it('when a message commits after later ones were read', async () => {
      const late = await withTransaction(world.transactionsDb, async (transaction) => {
        const transfers = [world.transfer(world.clearing, account, 7n)];
        const posted = await new LedgerRepository(transaction).post(world.nextKey(), { transfers });
        await world.post(await world.account([ada]), await world.account([grace]), 8n);
        expect((await relay.relayBatch()).messages).toBe(0);
        return posted.transactionId;
      });
      expect(await relayAll()).toMatchObject({ messages: 2, setAside: [] });
      expect((await world.stored()).filter((line) => line.includes(late))).toHaveLength(6);
    });
  });

  describe('knows whom to tell', () => {
    it('not those who were erased, before it or between two attempts', async () => {
      await world.erasures.erase(ada);
      await world.post(account, world.clearing, 100n);
      expect(await relayAll()).toMatchObject({ added: 3, erased: 3, setAside: [] });
      await world.erasures.erase(grace);
      const again = new LedgerRelay(world.databases, { consumer: 'after-erasure' });
      await again.relayBatch(1);
      await relayAll(again, 'after-erasure');
      expect((await world.stored()).filter((line) => line.startsWith(ada) || line.startsWith(grace))).toEqual([]);
    });

    it('those who held the account when it happened, whatever becomes of it since', async () => {
      await world.endHolder(account, grace);
      await world.post(account, world.clearing, 100n);
      await world.accounts.changeStatus(account, 'frozen', 'test');
      const closed = await world.account([grace]);
      await world.post(world.clearing, closed, 5n);
      await world.post(closed, world.clearing, 5n);
      await world.accounts.changeStatus(closed, 'closed', 'test');
      await relayAll();
      expect(await titlesOf(ada)).toEqual(['Payment sent']);
      expect(await titlesOf(grace)).toEqual(['Payment received', 'Payment sent']);
    });
  });

  describe('sets aside what it cannot read, and goes on', () => {
    it.each([
      ['a topic that it does not know', 'account.opened', { kind: 'posted' }, 'topic or key'],
      ['a payload of another shape', 'transaction.posted', { kind: 'posted', currency: 'EUR' }, 'another shape'],
      ['a kind that it does not know', 'transaction.moved', { kind: 'moved' }, 'another shape'],
      ['a transaction that does not exist', 'transaction.posted', { kind: 'posted' }, 'no such transaction'],
    ])('%s', async (_, topic, payload, why) => {
      const before = await relay.countSetAside();
      const key = randomUUID();
      await insertMessage(topic, key, { ...payload, transaction_id: key });
      await world.post(account, world.clearing, 100n);
      const { messages, added, setAside } = await relayAll();
      expect({ messages, added }).toEqual({ messages: 2, added: 6 });
      expect(setAside).toEqual([
        { message: expect.objectContaining({ topic, key }), reason: expect.stringContaining(why) },
      ]);
      expect(await relay.countSetAside()).toBe(before + 1);
      expect(await relay.retrySetAside()).toMatchObject({ messages: before + 1, added: 0 });
      expect(await relay.countSetAside()).toBe(before + 1);
    });

    it('what the server refuses to store, until it does not', async () => {
      const validatorOf = async () => {
        const [found] = await world.notifications.listCollections({ name: 'notifications' }).toArray();
        return (found as { readonly options?: { readonly validator?: object } }).options?.validator ?? {};
      };
      const validator = await validatorOf();
      const setValidator = (to: object) => world.notifications.command({ collMod: 'notifications', validator: to });
      const refused = await world.post(account, world.clearing, 666n);
      await world.post(account, world.clearing, 100n);
      await setValidator({ $and: [validator, { 'amount.amountMinor': { $ne: 666n } }] });
      try {
        const { added, setAside } = await relayAll();
        expect({ added, keys: setAside.map(({ message }) => message.key) }).toEqual({ added: 6, keys: [refused] });
      } finally {
        await setValidator(validator);
      }
      expect(await relay.retrySetAside()).toMatchObject({ added: 6 });
      expect((await world.stored()).filter((line) => line.includes(refused))).toHaveLength(6);
    });
  });

  it('passes nothing over while MongoDB is away', async () => {
    await world.post(account, world.clearing, 100n);
    const away = createMongoClient({
      url: 'mongodb://127.0.0.1:1/?directConnection=true',
      applicationName: 'tests',
      connectTimeoutMs: 200,
    });
    const before = await relay.countSetAside();
    const lost = new LedgerRelay({ ...world.databases, notifications: away.db('finova_notifications') });
    await expect(relayAll(lost)).rejects.toThrow();
    await away.close();
    expect(await relay.countSetAside()).toBe(before);
    expect(await relayAll()).toMatchObject({ messages: 1, added: 6 });
  });

  it('needs no more rights than those of the ledger application and of who reads accounts', async () => {
    const role = `finova_relay_test_${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    await sql`CREATE ROLE ${sql.id(role)} LOGIN PASSWORD ${sql.lit(password)}
      IN ROLE finova_transactions_app, finova_accounts_readonly`.execute(world.ledgerDb);
    const url = Object.assign(new URL(open.databases['transactions-db']?.url ?? ''), { username: role, password }).href;
    const limited = createPostgresDatabase<LedgerDatabase>({ url, applicationName: 'tests', maxConnections: 2 });
    try {
      await world.post(account, world.clearing, 100n);
      await insertMessage('transaction.posted', randomUUID(), {});
      const limitedRelay = new LedgerRelay({ ...world.databases, ledger: limited });
      const { added, setAside } = await relayAll(limitedRelay);
      expect({ added, setAside: setAside.length }).toEqual({ added: 6, setAside: 1 });
      expect((await limitedRelay.retrySetAside()).messages).toBeGreaterThan(0);
    } finally {
      await limited.destroy();
      await sql`DROP ROLE ${sql.id(role)}`.execute(world.ledgerDb);
    }
  });
});
