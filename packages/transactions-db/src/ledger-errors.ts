import { isPostgresError, SqlState } from '@finova/db-kit';
import {
  AccountNotActiveError,
  AlreadyResolvedError,
  AlreadyReversedError,
  AmountOutOfRangeError,
  BookingDateOutOfRangeError,
  CaptureExceedsHoldError,
  CurrencyMismatchError,
  HoldExpiredError,
  IdempotencyConflictError,
  InsufficientFundsError,
  MonthClosedError,
  UnknownAccountError,
  UnknownTransactionError,
} from './errors.ts';

/** What PostgreSQL's driver says about a refused statement. */
interface Refusal {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly table?: string;
  readonly constraint?: string;
}

/** SQLSTATE codes that the ledger's functions raise; the README lists them too. */
const LEDGER_CODES = {
  unknownAccount: 'FN001',
  accountNotActive: 'FN002',
  idempotencyConflict: 'FN003',
  unknownTransaction: 'FN004',
  holdExpired: 'FN005',
  captureExceedsHold: 'FN007',
  monthClosed: 'FN008',
  monthNotReady: 'FN009',
  unknownConsumer: 'FN010',
  entriesRetired: 'FN011',
  unknownMessage: 'FN012',
} as const;

/** Whether a function of the ledger refused with this code of its own. */
export function isLedgerRefusal(thrown: unknown, name: keyof typeof LEDGER_CODES): thrown is Error {
  return thrown instanceof Error && (thrown as Refusal).code === LEDGER_CODES[name];
}

/** The ledger's error for what the database refused; anything else comes back unchanged. */
export function ledgerError(thrown: unknown, request: { readonly scope: string; readonly key: string }): unknown {
  if (!(thrown instanceof Error)) {
    return thrown;
  }
  const { code, detail = '', hint = '', table, constraint } = thrown as Refusal;
  switch (code) {
    case LEDGER_CODES.unknownAccount:
      return new UnknownAccountError(detail, thrown);
    case LEDGER_CODES.accountNotActive:
      return new AccountNotActiveError(detail, hint, thrown);
    case LEDGER_CODES.idempotencyConflict:
      return new IdempotencyConflictError(request.scope, request.key, thrown);
    case LEDGER_CODES.unknownTransaction:
      return new UnknownTransactionError(detail, thrown);
    case LEDGER_CODES.holdExpired:
      return new HoldExpiredError(detail, thrown);
    case LEDGER_CODES.captureExceedsHold:
      return new CaptureExceedsHoldError(detail, thrown);
    case LEDGER_CODES.monthClosed:
      return new MonthClosedError(detail, thrown);
  }
  if (isPostgresError(thrown, [SqlState.numericValueOutOfRange])) {
    return new AmountOutOfRangeError(thrown);
  }
  if (isPostgresError(thrown, [SqlState.checkViolation], ['balances_available'])) {
    return new InsufficientFundsError(detail, thrown);
  }
  if (isPostgresError(thrown, [SqlState.checkViolation], ['transfers_currency'])) {
    return new CurrencyMismatchError(thrown);
  }
  if (isPostgresError(thrown, [SqlState.uniqueViolation], ['pending_resolutions_pkey'])) {
    return new AlreadyResolvedError(thrown);
  }
  if (isPostgresError(thrown, [SqlState.uniqueViolation], ['reversals_pkey'])) {
    return new AlreadyReversedError(thrown);
  }
  // A row without a partition is a check violation of the partitioned table itself, without a constraint's name.
  return code === SqlState.checkViolation && table === 'entries' && constraint === undefined
    ? new BookingDateOutOfRangeError(thrown)
    : thrown;
}
