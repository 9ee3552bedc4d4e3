import type { BalanceSnapshotsTable } from './balance-snapshots.ts';
import type { BalancesTable } from './balances.ts';
import type { EntriesTable } from './entries.ts';
import type { IdempotencyKeysTable } from './idempotency-keys.ts';
import type { OutboxTable } from './outbox.ts';
import type { OutboxConsumersTable } from './outbox-consumers.ts';
import type { OutboxSetAsideTable } from './outbox-set-aside.ts';
import type { PendingExpiriesTable } from './pending-expiries.ts';
import type { PendingResolutionsTable } from './pending-resolutions.ts';
import type { RetiredMonthsTable } from './retired-months.ts';
import type { ReversalsTable } from './reversals.ts';
import type { TransactionsTable } from './transactions.ts';
import type { TransfersTable } from './transfers.ts';

export type { BalanceSnapshotsTable } from './balance-snapshots.ts';
export type { BalancesTable } from './balances.ts';
export type { EntriesTable } from './entries.ts';
export type { BatchResponse, IdempotencyKeysTable, TransactionResponse } from './idempotency-keys.ts';
export type { OutboxTable } from './outbox.ts';
export type { OutboxConsumersTable } from './outbox-consumers.ts';
export type { OutboxSetAsideTable } from './outbox-set-aside.ts';
export type { PendingExpiriesTable } from './pending-expiries.ts';
export type { PendingResolutionsTable } from './pending-resolutions.ts';
export type { RetiredMonthsTable } from './retired-months.ts';
export type { ReversalsTable } from './reversals.ts';
export type { TransactionKind, TransactionsTable } from './transactions.ts';
export type { TransfersTable } from './transfers.ts';

/** The tables of schema `transactions`, for Kysely. */
export interface TransactionsDatabase {
  'transactions.balances': BalancesTable;
  'transactions.transactions': TransactionsTable;
  'transactions.transfers': TransfersTable;
  'transactions.entries': EntriesTable;
  'transactions.pending_expiries': PendingExpiriesTable;
  'transactions.pending_resolutions': PendingResolutionsTable;
  'transactions.reversals': ReversalsTable;
  'transactions.idempotency_keys': IdempotencyKeysTable;
  'transactions.balance_snapshots': BalanceSnapshotsTable;
  'transactions.outbox': OutboxTable;
  'transactions.outbox_consumers': OutboxConsumersTable;
  'transactions.outbox_set_aside': OutboxSetAsideTable;
  'transactions.retired_months': RetiredMonthsTable;
}
