// Generated from the names of the files beside it, for `requires`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
    'preferences-db/20260303T090000-create-user-preferences': true;
  }
}
