import { InboxRepository } from '@finova/notifications-db';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import type { FilledDatabase } from './prepare-documents.ts';

const PAGE_SIZE = 20;

/** How long one thing takes among few and among many notifications: the median in milliseconds. */
export interface Growth {
  readonly name: string;
  readonly fewMs: number;
  readonly manyMs: number;
}

/** Measures the inbox page and the unread counts on two databases of different size, in turns. */
export async function compareSizes(
  few: FilledDatabase,
  many: FilledDatabase,
  rounds: number,
): Promise<readonly Growth[]> {
  const sides = { few, many } as const;
  const operations = {
    'inbox page': (inbox: InboxRepository, userId: string) => inbox.page(userId, { limit: PAGE_SIZE }),
    'unread counts': (inbox: InboxRepository, userId: string) => inbox.unreadCounts(userId),
  } as const;
  const growth: Growth[] = [];
  for (const [name, operation] of Object.entries(operations)) {
    const measured = { few: [] as number[], many: [] as number[] };
    await interleave(['few', 'many'] as const, rounds + 1, async (side, round) => {
      const { db, userIds } = sides[side];
      // A step that shares no divisor with the number of customers: everybody in turn, in no order of theirs.
      const userId = userIds[(round * 7_919) % userIds.length] ?? '';
      const inbox = new InboxRepository(db);
      const startedAtMs = performance.now();
      await operation(inbox, userId);
      if (round > 0) {
        measured[side].push(performance.now() - startedAtMs);
      }
    });
    growth.push({ name, fewMs: median(measured.few), manyMs: median(measured.many) });
  }
  return growth;
}
