// Generated from the names of the files beside it, for `requires`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
    'transactions-db/20260302T090000-create-schema': true;
    'transactions-db/20260302T091000-create-balances': true;
    'transactions-db/20260302T092000-create-transactions': true;
    'transactions-db/20260302T093000-create-entries': true;
    'transactions-db/20260302T094000-create-resolutions-and-reversals': true;
    'transactions-db/20260302T095000-create-idempotency-keys': true;
    'transactions-db/20260302T100000-create-balance-snapshots': true;
    'transactions-db/20260302T101000-create-outbox': true;
    'transactions-db/20260302T102000-create-posting-functions': true;
    'transactions-db/20260302T103000-keep-balances-in-step': true;
    'transactions-db/20260310T090000-make-way-for-repeatables': true;
    'transactions-db/20260310T091000-answer-keys-at-once': true;
    'transactions-db/20260310T092000-let-transfers-post-themselves': true;
    'transactions-db/20260310T092500-check-values-by-domain': true;
    'transactions-db/20260310T093000-read-outbox-in-order': true;
    'transactions-db/20260310T094000-create-retired-months': true;
    'transactions-db/20260310T120000-create-roles': true;
    'transactions-db/20260310T121000-follow-accounts-in-replica-mode': true;
    'transactions-db/20260320T090000-set-messages-aside': true;
    'transactions-db/20260401T090000-check-balances-by-one-trigger': true;
    'transactions-db/20260410T090000-keep-expiries-apart': true;
    'transactions-db/20260410T091000-refuse-entries-by-statement': true;
    'transactions-db/20260410T092000-keep-currencies-in-step': true;
  }
}
