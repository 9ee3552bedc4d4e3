// Generated from the names of the files beside it, for `requires`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
    'preferences-db/20260303T090000-create-user-preferences': true;
    'preferences-db/20260310T090000-widen-user-preferences': true;
    'preferences-db/20260310T091000-upgrade-user-preferences': true;
    'preferences-db/20260310T092000-scale-out-user-preferences': true;
  }
}
