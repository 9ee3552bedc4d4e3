import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerRelay } from '@finova/notifications-db';
import { openRelayWorld } from '../../packages/notifications-db/test/support/open-relay-world.ts';
import {
  expectedNotifications,
  PROFILES,
  type Profile,
} from '../../packages/notifications-db/test/support/relay-model.ts';
import type { RelayWorld } from '../../packages/notifications-db/test/support/relay-world.ts';
import type { Attack } from '../harness/attack.ts';
import type { Random } from '../harness/random.ts';

const RELAYS_AT_ONCE = 2;
/** Enough for a relay to have something to do until it is killed. */
const MESSAGES_AHEAD = 100;
/** However busy the machine is, a relay that does nothing for as long does not work at all. */
const FIRST_BATCH_WITHIN_MS = 60_000;
const PATIENCE_MS = 120_000;

/**
 * `kill -9` of relays at random moments, two at work at once, while money moves; what is in the inboxes in the end must
 * be what a model says of the ledger's tables, nothing lost and nothing twice.
 */
export const relay: Attack = {
  name: 'relay',
  async run(context) {
    const kills = context.count({ full: 100, short: 8, tiny: 2 });
    // Sessions are ended on a server of our own only, where nobody else has any.
    const server = await context.startMongo?.();
    const { world, databases, close } = await openRelayWorld({
      ...context.servers,
      mongodb: server?.url ?? context.servers.mongodb,
    });
    try {
      const accounts = await openAccounts(world);
      let isWriting = true;
      let posted = 0;
      const writing = (async () => {
        while (isWriting) {
          await postSomething(world, accounts, context.random);
          posted += 1;
          // Not far ahead of the relays, so that the end is not one long pursuit.
          while (isWriting && (await world.messagesLeft()) > MESSAGES_AHEAD) {
            await sleep(20);
          }
        }
      })();
      let killed = 0;
      let inTheMiddle = 0;
      const endsAtMs = performance.now() + kills * PATIENCE_MS;
      try {
        await Promise.all(
          Array.from({ length: RELAYS_AT_ONCE }, async () => {
            while (killed < kills && performance.now() < endsAtMs) {
              killed += 1;
              const child = await startProcess();
              const exited = once(child, 'exit');
              const startedAtMs = performance.now();
              child.send(databases);
              await Promise.race([once(child, 'message'), sleep(FIRST_BATCH_WITHIN_MS, undefined, { ref: false })]);
              // For as long again at most: most kills are to come while the next batch is written.
              await sleep(context.random.next() * (performance.now() - startedAtMs));
              child.kill('SIGKILL');
              await exited;
              if (server !== undefined) {
                await endSessions(world);
              }
              context.onRound?.(killed, kills);
              // For the record only: a server that is busy with what the killed one left may not answer.
              inTheMiddle += (await hasNotificationsAhead(world).catch(() => false)) ? 1 : 0;
            }
          }),
        );
      } finally {
        isWriting = false;
        await writing;
      }
      const failures = await finish(world);
      const notifications = (await world.stored()).length;
      return {
        done: `${killed} kills, ${inTheMiddle} of them found between write and checkpoint, ${posted} messages, ${notifications} notifications`,
        failures,
      };
    } finally {
      await close();
      await server?.stop();
    }
  },
};

/**
 * What an operator does who does not want to wait for a minute: until then a transaction of a killed relay stays open and
 * keeps the others from its customers. It ends the transaction of the relay that lives, too, which has to begin again.
 */
async function endSessions(world: RelayWorld): Promise<void> {
  await world.notifications.client.db('admin').command({ killAllSessions: [] });
}

/** Relays the rest, and compares. */
async function finish(world: RelayWorld): Promise<readonly string[]> {
  const relayer = new LedgerRelay(world.databases);
  const endsAtMs = performance.now() + PATIENCE_MS;
  let lastError: unknown;
  while ((await world.messagesLeft()) > 0) {
    if (performance.now() > endsAtMs) {
      return [
        `${await world.messagesLeft()} messages were not relayed within ${PATIENCE_MS} ms; last error: ${String(lastError)}; held back: ${JSON.stringify(await relayer.findHeldBack())}`,
      ];
    }
    // What fails is tried again, as every relay does, until patience is at its end.
    const messages = await relayer.relayBatch().then(
      (batch) => batch.messages,
      (thrown: unknown) => {
        lastError = thrown;
        return 0;
      },
    );
    await sleep(messages === 0 ? 20 : 0);
  }
  const stored = await world.stored();
  const expected = expectedNotifications({ ...world.model, movements: await world.movements() });
  const [have, want] = [new Set(stored), new Set(expected)];
  const setAside = await relayer.countSetAside();
  return [
    ...expected.filter((line) => !have.has(line)).map((line) => `lost: ${line}`),
    ...stored.filter((line) => !want.has(line)).map((line) => `owed to nobody: ${line}`),
    ...(stored.length === have.size ? [] : [`${stored.length - have.size} are stored twice`]),
    ...(setAside === 0 ? [] : [`${setAside} messages were set aside`]),
  ];
}

/** Whether notifications are there of a message that the outbox does not take for handled. */
async function hasNotificationsAhead(world: RelayWorld): Promise<boolean> {
  const waiting = new Set(await world.waitingTransactions());
  const newest = await world.notifications
    .collection('notifications')
    .find({}, { projection: { data: 1 } })
    .sort({ createdAt: -1 })
    .limit(100)
    .toArray();
  return newest.some((one) => waiting.has((one['data'] as { readonly transactionId: string }).transactionId));
}

async function openAccounts(world: RelayWorld): Promise<readonly string[]> {
  const customers: string[] = [];
  for (const profile of Object.keys(PROFILES) as Profile[]) {
    customers.push(await world.customer(profile));
  }
  return Promise.all(
    customers.map((customer, index) => world.account([customer, customers[(index + 1) % customers.length] as string])),
  );
}

async function postSomething(world: RelayWorld, accounts: readonly string[], random: Random): Promise<void> {
  const [from = '', to = ''] = random.shuffle(accounts);
  const amountMinor = BigInt(1 + random.below(1_000));
  const transactionId = await world.post(from, to, amountMinor);
  if (random.below(5) === 0) {
    await world.ledger.reverse(world.nextKey(), { transactionId });
  }
}

/** Started and loaded before it relays: it is killed at work and not while it loads. */
async function startProcess(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '..', 'harness', 'relay-process.ts'), [], {
    execArgv: ['--import', 'tsx', '--conditions=@finova/source'],
    stdio: 'ignore',
  });
  await once(child, 'message');
  return child;
}
