export * from './errors.ts';
export { ibanSchema, isIban, makeIban } from './iban.ts';
export { AccountHolderRepository, type HeldAccount } from './repositories/account-holder-repository.ts';
export { type Account, AccountRepository } from './repositories/account-repository.ts';
export { type Customer, CustomerRepository, type NewCustomer } from './repositories/customer-repository.ts';
export { type Holder, HolderRepository, type NewHolder } from './repositories/holder-repository.ts';
export type { NewAccount, NewInternalAccount } from './repositories/new-account.ts';
export type * from './schema/index.ts';
