import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** How far a consumer of the outbox has got. Changed by `advance_outbox` only, and only forward. */
export interface OutboxConsumersTable {
  readonly consumer: string;
  /** `xid8`, as text. */
  readonly writer: string;
  readonly position: bigint;
  readonly updated_at: Generated<Date>;
}

/** Where the outbox is. */
export const outboxConsumersDistribution = {
  kind: 'local',
  why: 'it says how far the outbox beside it was read',
} as const satisfies TableDistribution<OutboxConsumersTable>;
