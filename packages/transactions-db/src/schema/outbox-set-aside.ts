import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';
import type { OutboxTable } from './outbox.ts';

/** A message that a consumer of the outbox could not handle. Changed by procedures only. */
export interface OutboxSetAsideTable {
  readonly consumer: string;
  /** `xid8`, as text. */
  readonly writer: string;
  readonly position: bigint;
  readonly topic: string;
  readonly key: string;
  readonly payload: OutboxTable['payload'];
  /** When the message was written. */
  readonly created_at: Date;
  /** Why it could not be handled the last time, up to 500 characters. */
  readonly reason: string;
  readonly attempts: Generated<number>;
  readonly tried_at: Generated<Date>;
}

/** Where the outbox is. */
export const outboxSetAsideDistribution = {
  kind: 'local',
  why: 'it keeps messages of the outbox beside it',
} as const satisfies TableDistribution<OutboxSetAsideTable>;
