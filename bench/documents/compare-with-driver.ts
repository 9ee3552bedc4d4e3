import { newId } from '@finova/db-kit';
import {
  type Channel,
  InboxRepository,
  type NewNotification,
  NotificationRepository,
  NotificationSettingsRepository,
} from '@finova/notifications-db';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { BareDriver } from './bare-driver.ts';
import type { FilledDatabase } from './prepare-documents.ts';

const PAGE_SIZE = 20;
const BULK_SIZE = 50;
const DELIVERY_SIZE = 10;
/** Of the rounds, for what does many things at once. */
const BULK_SHARE = 0.05;

/** One thing that is done by both sides, and how long it took each: the median in milliseconds. */
export interface Comparison {
  readonly name: string;
  readonly repositoryMs: number;
  readonly driverMs: number;
}

interface Operation {
  readonly name: string;
  /** How often it is measured, as a share of the rounds. */
  readonly share: number;
  repository(round: number): Promise<unknown>;
  driver(round: number): Promise<unknown>;
}

/** Measures the repositories and the bare driver on the same commands, one in turn with the other. */
export async function compareWithDriver(
  { db, userIds }: FilledDatabase,
  rounds: number,
): Promise<readonly Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const operation of await operationsOn({ db, userIds }, rounds)) {
    const measured = { repository: [] as number[], driver: [] as number[] };
    const times = Math.max(2, Math.ceil(rounds * operation.share));
    // The first ones of both sides warm up what they share.
    await interleave(['repository', 'driver'] as const, times + 1, async (side, round) => {
      const startedAtMs = performance.now();
      await operation[side](round);
      if (round > 0) {
        measured[side].push(performance.now() - startedAtMs);
      }
    });
    comparisons.push({
      name: operation.name,
      repositoryMs: median(measured.repository),
      driverMs: median(measured.driver),
    });
  }
  return comparisons;
}

async function operationsOn({ db, userIds }: FilledDatabase, rounds: number): Promise<readonly Operation[]> {
  const bare = new BareDriver(db);
  const queue = new NotificationRepository(db);
  const inbox = new InboxRepository(db);
  const settings = new NotificationSettingsRepository(db);
  const userOf = (round: number) => userIds[round % userIds.length] ?? '';
  for (const userId of userIds.slice(0, rounds + 1)) {
    await settings.put({ userId, scope: 'global' }, { channels: {} });
    await settings.put({ userId, scope: 'category', category: 'payments' }, { channels: {} });
  }
  const input = (channel: Channel, userId: string = newId()): NewNotification => ({
    userId,
    eventId: newId(),
    channel,
    category: 'payments',
    severity: 'notice',
    title: 'Payment received',
    body: 'Jonas Weber sent you 12.50 EUR.',
  });
  const many = (channel: Channel, size: number) => Array.from({ length: size }, () => input(channel));
  const deliveries = Math.max(2, Math.ceil(rounds * BULK_SHARE)) + 1;
  await queue.enqueueMany([...many('email', deliveries * DELIVERY_SIZE), ...many('push', deliveries * DELIVERY_SIZE)]);
  const lease = { channel: 'email', owner: 'bench', limit: DELIVERY_SIZE, leaseMs: 60_000 } as const;
  return [
    {
      name: 'lease and mark',
      share: BULK_SHARE,
      repository: async () => {
        for (const leased of await queue.lease(lease)) {
          await queue.markSent(leased);
        }
      },
      driver: () => bare.deliver('push', 'bench', DELIVERY_SIZE),
    },
    {
      name: 'enqueue',
      share: 1,
      repository: (round) => queue.enqueue(input('sms', userOf(round))),
      driver: (round) => bare.enqueue(input('sms', userOf(round))),
    },
    {
      name: 'enqueue many',
      share: BULK_SHARE,
      repository: () => queue.enqueueMany(many('sms', BULK_SIZE)),
      driver: () => bare.enqueueMany(many('sms', BULK_SIZE)),
    },
    {
      name: 'inbox page',
      share: 1,
      repository: (round) => inbox.page(userOf(round), { limit: PAGE_SIZE }),
      driver: (round) => bare.inboxPage(userOf(round), PAGE_SIZE),
    },
    {
      name: 'unread counts',
      share: 1,
      repository: (round) => inbox.unreadCounts(userOf(round)),
      driver: (round) => bare.unreadCounts(userOf(round)),
    },
    {
      name: 'settings',
      share: 1,
      repository: (round) => settings.effective({ userId: userOf(round), category: 'payments' }),
      driver: (round) => bare.settings(userOf(round)),
    },
  ];
}
