// Generated from the names of the files beside it, for `requires`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
    'accounts-db/20260301T090000-create-schema': true;
    'accounts-db/20260301T091000-create-currencies': true;
    'accounts-db/20260301T092000-create-customers': true;
    'accounts-db/20260301T093000-create-accounts': true;
    'accounts-db/20260301T094000-create-account-holders': true;
    'accounts-db/20260301T095000-create-account-status-transitions': true;
    'accounts-db/20260301T100000-keep-account-identity': true;
    'accounts-db/20260310T090000-create-roles': true;
    'accounts-db/20260310T091000-guard-status': true;
    'accounts-db/20260310T092000-guard-holders': true;
    'accounts-db/20260310T093000-keep-rules-in-replica-mode': true;
  }
}
