import { setTimeout as sleep } from 'node:timers/promises';
import { withPostgresClient } from '@finova/db-kit/postgres';
import type { RelayEvent } from '@finova/db-kit/relaying';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenRelayWorld, openRelayWorld } from '../../test/support/open-relay-world.ts';
import type { RelayWorld } from '../../test/support/relay-world.ts';
import { LedgerRelay } from './ledger-relay.ts';
import { runLedgerRelay } from './run-ledger-relay.ts';

describe('a relay that runs', () => {
  let open: OpenRelayWorld;
  let world: RelayWorld;
  let account: string;

  beforeAll(async () => {
    open = await openRelayWorld({ postgres: testPostgresUrl(), mongodb: testMongoUrl() });
    world = open.world;
    account = await world.account([await world.customer()]);
  });
  afterAll(() => open?.close());

  /** Runs one beside `during`, and then tells it to stop. */
  async function runBeside(during: () => Promise<void>, { batchSize = 10 } = {}) {
    const stop = new AbortController();
    const events: RelayEvent[] = [];
    const running = runLedgerRelay(new LedgerRelay(world.databases), {
      once: false,
      batchSize,
      pollIntervalMs: 10,
      signal: stop.signal,
      onEvent: (event) => events.push(event),
    });
    try {
      await during();
    } finally {
      stop.abort();
    }
    return { report: await running, events };
  }

  async function waitUntilRelayed(): Promise<void> {
    await waitUntil(async () => (await world.messagesLeft()) === 0);
  }

  async function waitUntil(isThere: () => Promise<boolean>): Promise<void> {
    const endsAtMs = performance.now() + 30_000;
    while (!(await isThere())) {
      expect(performance.now(), 'waited for 30 s').toBeLessThan(endsAtMs);
      await sleep(20);
    }
  }

  const failing = async (during: () => Promise<void>): Promise<void> => {
    await sql`
      CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'Failed as asked'; END $$`.execute(world.ledgerDb);
    await sql`
      CREATE TRIGGER fail BEFORE UPDATE ON transactions.outbox_consumers
        FOR EACH ROW EXECUTE FUNCTION public.fail()`.execute(world.ledgerDb);
    try {
      await during();
    } finally {
      await sql`DROP FUNCTION public.fail() CASCADE`.execute(world.ledgerDb);
    }
  };

  it('relays what is there and what comes, until it is told to stop', async () => {
    await world.post(account, world.clearing, 1n);
    const { report, events } = await runBeside(async () => {
      await waitUntilRelayed();
      await world.post(account, world.clearing, 2n);
      await waitUntilRelayed();
    });
    expect(report).toEqual({ messages: 2, added: 6, existing: 0, erased: 0, setAside: 0, heldBack: 0 });
    expect(events).toEqual([
      { type: 'relayed', messages: 1, added: 3 },
      { type: 'relayed', messages: 1, added: 3 },
    ]);
  });

  it('does nothing when it is told to stop before it begins', async () => {
    await world.post(account, world.clearing, 1n);
    const pace = { once: false, batchSize: 1, pollIntervalMs: 10, signal: AbortSignal.abort(), onEvent: () => {} };
    expect((await runLedgerRelay(new LedgerRelay(world.databases), pace)).messages).toBe(0);
    await runBeside(waitUntilRelayed);
  });

  it('tells of each failure, tries again later, and stores nothing twice', async () => {
    for (let amount = 1n; amount <= 4n; amount += 1n) {
      await world.post(account, world.clearing, amount);
    }
    const failures = () => events.filter(({ type }) => type === 'failed');
    const events: RelayEvent[] = [];
    const stop = new AbortController();
    let running: ReturnType<typeof runLedgerRelay> | undefined;
    await failing(async () => {
      running = runLedgerRelay(new LedgerRelay(world.databases), {
        once: false,
        batchSize: 4,
        pollIntervalMs: 10,
        signal: stop.signal,
        onEvent: (event) => events.push(event),
      });
      await waitUntil(async () => failures().length >= 2);
    });
    await waitUntilRelayed();
    stop.abort();
    const report = await running;
    expect(report?.messages).toBe(4);
    expect((report?.added ?? 0) + (report?.existing ?? 0)).toBe(12);
    expect(failures()[0]).toMatchObject({ error: expect.objectContaining({ message: 'Failed as asked' }) });
    const amounts = (await world.stored()).filter((line) => / email .* [1-4] debit$/.test(line));
    expect(new Set(amounts).size).toBe(amounts.length);
  });

  it('ends with the first failure where it is to run once', async () => {
    await world.post(account, world.clearing, 9n);
    const once = () =>
      runLedgerRelay(new LedgerRelay(world.databases), {
        once: true,
        batchSize: 4,
        pollIntervalMs: 10,
        onEvent: () => {},
      });
    await failing(async () => {
      await waitUntil(async () => (await new LedgerRelay(world.databases).countSetAside()) === 0);
      const ending = (async () => {
        // Nothing is there to fail with while others hold the message back.
        while ((await world.messagesLeft()) > 0) {
          await once();
        }
      })();
      await expect(ending).rejects.toThrow('Failed as asked');
    });
    await runBeside(waitUntilRelayed);
  });

  describe('with a transaction that somebody left open', () => {
    const withOpenTransaction = (use: () => Promise<void>) =>
      withPostgresClient(
        { url: open.databases['transactions-db']?.url ?? '', applicationName: 'forgetful' },
        async (client) => {
          await client.query('BEGIN');
          await client.query('SELECT pg_current_xact_id()');
          await use();
          await client.query('COMMIT');
        },
      );
    const pace = { batchSize: 10, pollIntervalMs: 10 };

    it('tells whose it is and goes on when it has ended', async () => {
      const events: RelayEvent[] = [];
      const stop = new AbortController();
      const heldBack = () => events.filter(({ type }) => type === 'held-back');
      let running: ReturnType<typeof runLedgerRelay> | undefined;
      await withOpenTransaction(async () => {
        await world.post(account, world.clearing, 21n);
        running = runLedgerRelay(
          new LedgerRelay(world.databases),
          { ...pace, once: false, signal: stop.signal, onEvent: (event) => events.push(event) },
          { heldBackToleratedMs: 50 },
        );
        await waitUntil(async () => heldBack().length > 0);
        expect(await world.messagesLeft()).toBe(1);
      });
      await waitUntilRelayed();
      stop.abort();
      expect((await running)?.messages).toBe(1);
      expect(heldBack()).toEqual([
        {
          type: 'held-back',
          messages: 1,
          oldestAgeMs: expect.any(Number),
          holder: expect.stringMatching(/^session \d+ \(.*\) of \w+ in \w+$/),
        },
      ]);
    });

    it('ends, where it is to run once, and reports what it left', async () => {
      await withOpenTransaction(async () => {
        await world.post(account, world.clearing, 22n);
        const report = await runLedgerRelay(
          new LedgerRelay(world.databases),
          { ...pace, once: true, onEvent: () => {} },
          { heldBackToleratedMs: 50 },
        );
        expect(report).toMatchObject({ messages: 0, heldBack: 1 });
      });
      await runBeside(waitUntilRelayed);
    });

    it('leaves nothing, where it is to run once, that may be read by the time that it looks what is held back', async () => {
      const url = open.databases['transactions-db']?.url ?? '';
      await withPostgresClient({ url, applicationName: 'forgetful' }, async (client) => {
        await client.query('BEGIN');
        await client.query('SELECT pg_current_xact_id()');
        await world.post(account, world.clearing, 24n);
        class LookingLate extends LedgerRelay {
          override async findHeldBack() {
            await client.query('COMMIT');
            return super.findHeldBack();
          }
        }
        const relay = new LookingLate(world.databases);
        expect(await runLedgerRelay(relay, { ...pace, once: true, onEvent: () => {} })).toMatchObject({ messages: 1 });
      });
    });

    it('waits for it, where it is to run once, while it is no longer open than usual', async () => {
      let running: ReturnType<typeof runLedgerRelay> | undefined;
      await withOpenTransaction(async () => {
        await world.post(account, world.clearing, 23n);
        running = runLedgerRelay(new LedgerRelay(world.databases), { ...pace, once: true, onEvent: () => {} });
        await sleep(200);
      });
      expect(await running).toMatchObject({ messages: 1, heldBack: 0 });
    });
  });

  it('tries what was set aside when it starts', async () => {
    await sql`INSERT INTO transactions.outbox (topic, key, payload) VALUES ('account.opened', ${account}, '{}')`.execute(
      world.ledgerDb,
    );
    const first = await runBeside(waitUntilRelayed);
    expect(first.report.setAside).toBe(1);
    const told = {
      type: 'set-aside',
      topic: 'account.opened',
      key: account,
      reason: expect.stringContaining('cannot be read'),
    };
    expect(first.events).toEqual([told, { type: 'relayed', messages: 1, added: 0 }]);
    const attempts = async () =>
      (await world.ledgerDb.selectFrom('transactions.outbox_set_aside').select('attempts').executeTakeFirst())
        ?.attempts;
    const second = await runBeside(() => waitUntil(async () => (await attempts()) === 2));
    expect(second.report).toMatchObject({ messages: 0, setAside: 1 });
    expect(second.events).toEqual([told]);
  });
});
