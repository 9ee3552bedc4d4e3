import type { AccountHoldersTable } from './account-holders.ts';
import type { AccountStatusTransitionsTable } from './account-status-transitions.ts';
import type { AccountsTable } from './accounts.ts';
import type { CurrenciesTable } from './currencies.ts';
import type { CustomersTable } from './customers.ts';

export type { AccountHoldersTable, HolderRole } from './account-holders.ts';
export type { AccountStatusTransitionsTable } from './account-status-transitions.ts';
export type { AccountStatus, AccountsTable, CashAccountType, Side } from './accounts.ts';
export type { CurrenciesTable } from './currencies.ts';
export type { CustomersTable, KycStatus } from './customers.ts';

/** The tables of schema `accounts`, for Kysely. */
export interface AccountsDatabase {
  'accounts.currencies': CurrenciesTable;
  'accounts.customers': CustomersTable;
  'accounts.accounts': AccountsTable;
  'accounts.account_holders': AccountHoldersTable;
  'accounts.account_status_transitions': AccountStatusTransitionsTable;
}
