import { FinovaError } from '@finova/db-kit';

/** Something asked for by its id does not exist. */
export class AccountsRecordNotFoundError extends FinovaError {
  readonly kind: 'customer' | 'account' | 'currency';
  readonly id: string;

  constructor(kind: 'customer' | 'account' | 'currency', id: string, cause?: unknown) {
    super({ message: `There is no ${kind} ${id}`, next: 'check the id', cause });
    this.kind = kind;
    this.id = id;
  }
}

/** Another customer has this e-mail address. */
export class EmailTakenError extends FinovaError {
  constructor(cause?: unknown) {
    super({
      message: 'The customer was not registered: another customer has this e-mail address',
      next: 'look that customer up with findByEmail',
      cause,
    });
  }
}

/** Another account has this IBAN. */
export class IbanTakenError extends FinovaError {
  constructor(cause?: unknown) {
    super({
      message: 'The account was not opened: another account has this IBAN',
      next: 'look that account up with findByIban',
      cause,
    });
  }
}

/** The status machine of accounts does not allow this change. */
export class IllegalStatusTransitionError extends FinovaError {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;

  constructor(accountId: string, from: string, to: string, cause?: unknown) {
    super({
      message: `Account ${accountId} cannot become ${to}: it is ${from}`,
      next: 'see the legal changes in the README of accounts-db',
      cause,
    });
    this.accountId = accountId;
    this.from = from;
    this.to = to;
  }
}

/** Another domain stands on the account and refuses the change: the ledger, where money is on it. */
export class AccountChangeRefusedError extends FinovaError {
  readonly accountId: string;
  /** The PostgreSQL schema that refused: `transactions`. */
  readonly refusedBy: string;
  /** The rule that it refused by: `balances_empty_when_closed`. */
  readonly constraint: string;

  constructor(accountId: string, refusedBy: string, constraint: string, cause: unknown) {
    super({
      message: `Account ${accountId} was not changed: ${refusedBy} refuses it by ${constraint}`,
      next: 'see that rule in the README of the domain that refuses',
      cause,
    });
    this.accountId = accountId;
    this.refusedBy = refusedBy;
    this.constraint = constraint;
  }
}

/** The customer holds the account already on some of these days. */
export class HolderOverlapError extends FinovaError {
  readonly accountId: string;
  readonly customerId: string;

  constructor(accountId: string, customerId: string, cause?: unknown) {
    super({
      message: `Customer ${customerId} holds account ${accountId} already on some of these days`,
      next: 'end the earlier role first',
      cause,
    });
    this.accountId = accountId;
    this.customerId = customerId;
  }
}

/** The account would be left without an owner. */
export class LastOwnerError extends FinovaError {
  readonly accountId: string;

  constructor(accountId: string, cause?: unknown) {
    super({
      message: `The holder of account ${accountId} stays: an open account needs an owner without an end`,
      next: 'add another owner first, or close the account',
      cause,
    });
    this.accountId = accountId;
  }
}

/** The customer has no role in the account that could end on this day. */
export class HolderNotFoundError extends FinovaError {
  readonly accountId: string;
  readonly customerId: string;

  constructor(accountId: string, customerId: string) {
    super({
      message: `Customer ${customerId} has no role without an end in account ${accountId} that began before that day`,
      next: 'see the holders of the account with HolderRepository.list',
    });
    this.accountId = accountId;
    this.customerId = customerId;
  }
}
