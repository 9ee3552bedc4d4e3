// The relay beside what it cannot do without: storing the same notifications, read and planned before.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { selectServers } from '@finova/local-databases';
import { LedgerRelay, type NewNotification, NotificationRepository } from '@finova/notifications-db';
import { openRelayWorld } from '../../packages/notifications-db/test/support/open-relay-world.ts';
import type { RelayWorld } from '../../packages/notifications-db/test/support/relay-world.ts';
import { median } from '../harness/median.ts';
import { atLeast, ratiosToJson } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';

/** Each holds two accounts with the next one. */
const CUSTOMERS = 100;
const BATCH_SIZE = 100;

/** Progress goes to standard error: with `--json`, standard output holds the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function openAccounts(world: RelayWorld): Promise<readonly string[]> {
  const customers: string[] = [];
  for (let made = 0; made < CUSTOMERS; made += 1) {
    customers.push(await world.customer());
  }
  const accounts: string[] = [];
  for (const [index, customer] of customers.entries()) {
    accounts.push(await world.account([customer, customers[(index + 1) % CUSTOMERS] as string]));
  }
  return accounts;
}

/** Posts so many transfers between neighbours, each a message about two accounts of two holders. */
async function postMessages(world: RelayWorld, accounts: readonly string[], count: number): Promise<void> {
  const at = (index: number) => accounts[index % accounts.length] as string;
  const transfers = Array.from({ length: count }, (_, index) => world.transfer(at(index), at(index + 1), 1_250n));
  await world.ledger.postBatch(world.nextKey(), { transfers });
}

/** Relays all there is. */
async function relayAll(
  world: RelayWorld,
): Promise<{ readonly messages: number; readonly added: number; readonly ms: number }> {
  const relay = new LedgerRelay(world.databases);
  const total = { messages: 0, added: 0 };
  const startedAtMs = performance.now();
  while ((await world.messagesLeft()) > 0) {
    const { messages, added } = await relay.relayBatch(BATCH_SIZE);
    total.messages += messages;
    total.added += added;
    await sleep(messages === 0 ? 5 : 0);
  }
  return { ...total, ms: performance.now() - startedAtMs };
}

/** Stores what was relayed, without the relay: the same notifications of other events. */
async function enqueueAgain(world: RelayWorld, round: number): Promise<number> {
  const documents = await world.notifications
    .collection<NewNotification & { readonly createdAt: Date }>('notifications')
    .find({ eventId: /^transaction/ })
    .toArray();
  const inputs = documents.map(
    ({ userId, eventId, channel, category, severity, title, body, data, amount }): NewNotification => ({
      userId,
      eventId: `${round}/${eventId}`.slice(0, 100),
      channel,
      category,
      severity,
      title,
      body,
      ...(data !== undefined && { data }),
      ...(amount !== undefined && { amount }),
    }),
  );
  await world.notifications.collection('notifications').deleteMany({});
  const startedAtMs = performance.now();
  await new NotificationRepository(world.notifications).enqueueMany(inputs);
  const ms = performance.now() - startedAtMs;
  await world.notifications.collection('notifications').deleteMany({});
  return ms;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      messages: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false },
    },
  });
  const servers = await selectServers({
    workspaceRoot: join(import.meta.dirname, '..', '..'),
    purpose: 'test',
    engines: ['postgres', 'mongodb'],
    onProgress: say,
  });
  try {
    say(
      `${values.runs} runs of ${values.messages} messages, on ${servers.postgres?.label} and ${servers.mongodb?.label}`,
    );
    const { world, close } = await openRelayWorld({
      postgres: servers.postgres?.url ?? '',
      mongodb: servers.mongodb?.url ?? '',
    });
    try {
      const accounts = await openAccounts(world);
      const perSecond: number[] = [];
      const against: number[] = [];
      let added = 0;
      for (let round = 1; round <= Number(values.runs); round += 1) {
        await postMessages(world, accounts, Number(values.messages));
        const relayed = await relayAll(world);
        const aloneMs = await enqueueAgain(world, round);
        added = relayed.added / relayed.messages;
        perSecond.push((1_000 * relayed.messages) / relayed.ms);
        against.push(aloneMs / relayed.ms);
        say(`Run ${round} of ${values.runs}: ${Math.round(perSecond.at(-1) ?? 0)} messages a second`);
      }
      const ratios = { 'relayed against stored alone': atLeast(median(against), 0.7) };
      const row = [Math.round(median(perSecond)), Math.round(median(perSecond) * added)].map(String);
      process.stdout.write(
        values.json
          ? `${ratiosToJson(ratios)}\n`
          : `${renderTable(['messages a second', 'notifications a second'], [row])}\n\n${renderRatios(ratios)}\n`,
      );
    } finally {
      await close();
    }
  } finally {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  }
}

await main().catch((thrown: unknown) => {
  say(errorMessage(thrown));
  process.exitCode = 1;
});
