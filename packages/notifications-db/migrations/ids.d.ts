// Generated from the names of the files beside it, for `requires`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
    'notifications-db/20260304T090000-create-notification-settings': true;
    'notifications-db/20260304T091000-create-notifications': true;
    'notifications-db/20260310T090000-gather-notifications': true;
    'notifications-db/20260310T091000-create-recipients': true;
    'notifications-db/20260310T092000-create-notification-counters': true;
    'notifications-db/20260310T093000-index-inbox-and-unread': true;
  }
}
