import { type SeedAccount, type SeedCustomer, seedCustomers, seedInternalAccounts } from '@finova/accounts-db/seed';
import type { HoldInput, PostingInput } from '../repositories/ledger-repository.ts';

/** One request of the development data; its key makes it happen once. */
export type SeedMovement =
  | { readonly key: string; readonly kind: 'post'; readonly input: PostingInput; readonly reversedAs?: string }
  | { readonly key: string; readonly kind: 'hold'; readonly input: HoldInput };

const MONTHS = ['2026-01', '2026-02', '2026-03'];
/** Far enough away that a hold of the development data is still one when somebody looks. */
const HOLD_EXPIRES_AT = new Date('2027-12-31T23:59:59Z');

/** How many minor units one unit of account is, roughly in buying power, so that amounts look real. */
const UNIT_MINOR: Readonly<Record<string, bigint>> = { JPY: 150n, KWD: 300n, NOK: 1_000n, PLN: 430n, SEK: 1_000n };

/** Salaries, rents, card payments, transfers to savings, a hold and a refund, the same every time. */
export function seedMovements(): SeedMovement[] {
  return seedCustomers.flatMap((customer, index) => {
    const [current, savings] = customer.accounts;
    const movements = current === undefined ? [] : MONTHS.flatMap((month) => monthOf(customer, current, month, index));
    const opening = savings === undefined ? [] : [openingDeposit(customer, savings)];
    const card = current === undefined ? [] : [cardHold(customer, current, index)];
    return [...movements, ...opening, ...card];
  });
}

function monthOf(customer: SeedCustomer, account: SeedAccount, month: string, index: number): SeedMovement[] {
  const unit = UNIT_MINOR[account.currency] ?? 100n;
  const weight = BigInt(index + 1);
  const key = (what: string) => `${customer.id}/${month}/${what}`;
  const refunded = index % 4 === 0 && month === '2026-02';
  return [
    incoming(account, key('salary'), `${month}-01`, (2_400n + 150n * weight) * unit, 'Salary'),
    outgoing(account, key('rent'), `${month}-03`, (780n + 25n * weight) * unit, 'Rent'),
    outgoing(account, key('groceries'), `${month}-11`, (62n + weight) * unit + 37n, 'Groceries'),
    {
      ...outgoing(account, key('shoes'), `${month}-17`, (89n + weight) * unit, 'Shoes'),
      ...(refunded ? { reversedAs: key('shoes refunded') } : {}),
    },
  ];
}

function openingDeposit(customer: SeedCustomer, account: SeedAccount): SeedMovement {
  const amountMinor = 1_000n * (UNIT_MINOR[account.currency] ?? 100n);
  return incoming(account, `${customer.id}/opening`, '2026-01-05', amountMinor, 'Opening deposit');
}

function cardHold(customer: SeedCustomer, account: SeedAccount, index: number): SeedMovement {
  const amountMinor = BigInt(40 + index) * (UNIT_MINOR[account.currency] ?? 100n);
  const transfer = { ...accountsOf(account, 'out'), currency: account.currency, amountMinor };
  return {
    key: `${customer.id}/hotel`,
    kind: 'hold',
    input: {
      transfers: [transfer],
      bookingDate: '2026-03-28',
      description: 'Hotel deposit',
      expiresAt: HOLD_EXPIRES_AT,
    },
  };
}

function incoming(account: SeedAccount, key: string, bookingDate: string, amountMinor: bigint, description: string) {
  return movement(account, 'in', key, bookingDate, amountMinor, description);
}

function outgoing(account: SeedAccount, key: string, bookingDate: string, amountMinor: bigint, description: string) {
  return movement(account, 'out', key, bookingDate, amountMinor, description);
}

function movement(
  account: SeedAccount,
  direction: 'in' | 'out',
  key: string,
  bookingDate: string,
  amountMinor: bigint,
  description: string,
): SeedMovement & { readonly kind: 'post' } {
  const transfer = { ...accountsOf(account, direction), currency: account.currency, amountMinor };
  const endToEndId = `FNV-${bookingDate.replaceAll('-', '')}-${account.id.slice(-12)}`;
  return { key, kind: 'post', input: { transfers: [transfer], bookingDate, description, endToEndId } };
}

/** Money comes from and goes to the bank's clearing account of the currency. */
function accountsOf({ id, currency }: SeedAccount, direction: 'in' | 'out') {
  const clearing = seedInternalAccounts.find((account) => account.currency === currency);
  if (clearing === undefined) {
    throw new Error(`The seed has no clearing account in ${currency}`);
  }
  return direction === 'in'
    ? { debitAccountId: clearing.id, creditAccountId: id }
    : { debitAccountId: id, creditAccountId: clearing.id };
}
