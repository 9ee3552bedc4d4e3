import type { DatabaseDistribution } from '@finova/db-kit/postgres';
import { balanceSnapshotsDistribution } from './balance-snapshots.ts';
import { balancesDistribution } from './balances.ts';
import { entriesDistribution } from './entries.ts';
import { idempotencyKeysDistribution } from './idempotency-keys.ts';
import type { TransactionsDatabase } from './index.ts';
import { outboxDistribution } from './outbox.ts';
import { outboxConsumersDistribution } from './outbox-consumers.ts';
import { outboxSetAsideDistribution } from './outbox-set-aside.ts';
import { pendingExpiriesDistribution } from './pending-expiries.ts';
import { pendingResolutionsDistribution } from './pending-resolutions.ts';
import { retiredMonthsDistribution } from './retired-months.ts';
import { reversalsDistribution } from './reversals.ts';
import { transactionDistribution } from './transactions.ts';
import { transfersDistribution } from './transfers.ts';

/** How the ledger is meant to lie on several servers; docs/SCALING.md says what stands in the way. */
export const transactionsDistribution: DatabaseDistribution<TransactionsDatabase> = {
  'transactions.balances': balancesDistribution,
  'transactions.entries': entriesDistribution,
  'transactions.balance_snapshots': balanceSnapshotsDistribution,
  'transactions.transactions': transactionDistribution,
  'transactions.transfers': transfersDistribution,
  'transactions.pending_expiries': pendingExpiriesDistribution,
  'transactions.pending_resolutions': pendingResolutionsDistribution,
  'transactions.reversals': reversalsDistribution,
  'transactions.idempotency_keys': idempotencyKeysDistribution,
  'transactions.retired_months': retiredMonthsDistribution,
  'transactions.outbox': outboxDistribution,
  'transactions.outbox_consumers': outboxConsumersDistribution,
  'transactions.outbox_set_aside': outboxSetAsideDistribution,
};
