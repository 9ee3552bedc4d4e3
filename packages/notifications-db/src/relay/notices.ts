import type { TransactionKind } from '@finova/transactions-db';
import type { Severity } from '../schema/vocabulary.ts';
import type { AccountMovement } from './account-movement.ts';

/** What a movement is worth saying about, in words. */
interface Notice {
  readonly severity: Severity;
  readonly title: string;
  /** A sentence with the amount and the account in it. */
  readonly body: (amount: string, account: string) => string;
}

/** What each side of a transaction is told; a side left out is told nothing. */
interface Notices {
  readonly credited?: Notice;
  readonly debited: Notice;
}

const PAYMENT: Notices = {
  credited: {
    severity: 'notice',
    title: 'Payment received',
    body: (amount, account) => `${amount} was credited to your account ${account}.`,
  },
  debited: {
    severity: 'notice',
    title: 'Payment sent',
    body: (amount, account) => `${amount} was debited from your account ${account}.`,
  },
};

/** A hold concerns whose money it is; the other side hears of it when it is captured. */
const NOTICES: Readonly<Record<TransactionKind, Notices>> = {
  posted: PAYMENT,
  post: PAYMENT,
  pending: {
    debited: {
      severity: 'info',
      title: 'Amount reserved',
      body: (amount, account) => `${amount} is reserved on your account ${account}.`,
    },
  },
  void: {
    debited: {
      severity: 'info',
      title: 'Reservation released',
      body: (amount, account) => `${amount} is no longer reserved on your account ${account}.`,
    },
  },
  expire: {
    debited: {
      severity: 'info',
      title: 'Reservation expired',
      body: (amount, account) => `${amount} is no longer reserved on your account ${account}: its time is over.`,
    },
  },
  reversal: {
    credited: {
      severity: 'warning',
      title: 'Payment returned',
      body: (amount, account) => `${amount} was credited to your account ${account}: a payment was reversed.`,
    },
    debited: {
      severity: 'warning',
      title: 'Payment taken back',
      body: (amount, account) => `${amount} was debited from your account ${account}: a payment was reversed.`,
    },
  },
};

/** What the holders of an account are told about a movement; `undefined` for nothing. */
export function noticeOf({ kind, netMinor }: Pick<AccountMovement, 'kind' | 'netMinor'>): Notice | undefined {
  return netMinor > 0n ? NOTICES[kind].credited : NOTICES[kind].debited;
}
