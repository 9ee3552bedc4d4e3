import type { TableDistribution } from '@finova/db-kit/postgres';
import type { Generated } from 'kysely';

/** A month whose entries were detached into a table of its own. Never updated. */
export interface RetiredMonthsTable {
  /** Its first day: `2026-03-01` */
  readonly month: string;
  /** Its last day. */
  readonly through: string;
  /** The table that has the entries. */
  readonly partition_name: string;
  readonly created_at: Generated<Date>;
}

/** A row a month, read by whatever reads entries. */
export const retiredMonthsDistribution = { kind: 'reference' } as const satisfies TableDistribution<RetiredMonthsTable>;
