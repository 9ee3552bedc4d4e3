export * from './errors.ts';
export { type Balance, BalanceRepository } from './repositories/balance-repository.ts';
export { BooksRepository } from './repositories/books-repository.ts';
export {
  GroupedPostings,
  type GroupedPostingsOptions,
  type GroupedTransferInput,
} from './repositories/grouped-postings.ts';
export type { HeldBackMessages, TransactionHolder } from './repositories/held-back-messages.ts';
export {
  type BatchInput,
  type BatchItemAnswer,
  type BatchItemInput,
  type BatchRefusal,
  type CaptureInput,
  type HoldInput,
  type IdempotencyKey,
  type LedgerAnswer,
  LedgerRepository,
  type PostingInput,
  type ReversalInput,
  type SettlementInput,
  type SingleTransferInput,
  type TransferInput,
} from './repositories/ledger-repository.ts';
export { MovementRepository, type TransactionMovement } from './repositories/movement-repository.ts';
export { type OutboxMessage, type OutboxPlace, OutboxReader } from './repositories/outbox-reader.ts';
export { type StatementLine, type StatementPage, StatementRepository } from './repositories/statement-repository.ts';
export { entriesCoordinatorStatements } from './scaling/coordinator-statements.ts';
export type { EntriesNode } from './scaling/entries-node.ts';
export { entriesNodeStatements } from './scaling/node-statements.ts';
export { transactionsDistribution } from './schema/distribution.ts';
export type * from './schema/index.ts';
