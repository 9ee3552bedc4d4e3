import type { NotificationDocument } from './schema/notifications.ts';

/** A notification of one customer on one channel. */
export type Notification = Readonly<Omit<NotificationDocument, '_id' | 'unread' | 'schemaVersion'>> & {
  readonly id: string;
  /** Whether it waits in the inbox to be read. */
  readonly unread: boolean;
};

export function toNotification({ _id, unread, schemaVersion: _, ...fields }: NotificationDocument): Notification {
  return { id: _id, unread: unread ?? false, ...fields };
}
