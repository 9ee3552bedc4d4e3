import { InboxRepository, NotificationRepository, NotificationSettingsRepository } from '@finova/notifications-db';
import type { Db } from 'mongodb';

export async function notify(db: Db, userId: string, eventId: string) {
  const settings = new NotificationSettingsRepository(db);
  const queue = new NotificationRepository(db);
  const inbox = new InboxRepository(db);

  const { channels } = await settings.effective({ userId, category: 'payments' });
  for (const channel of ['in_app', 'email'] as const) {
    if (channels[channel].enabled) {
      await queue.enqueue({
        userId,
        eventId,
        channel,
        category: 'payments',
        severity: 'notice',
        title: 'Payment received',
        body: 'Jonas Weber sent you 12.50 EUR.',
        amount: { amountMinor: 1_250n, currency: 'EUR' },
      });
    }
  }

  const leased = await queue.lease({ channel: 'email', owner: 'mailer-1', limit: 50, leaseMs: 60_000 });
  for (const notification of leased) {
    await queue.markSent(notification);
  }

  return { mailed: leased.length, unread: (await inbox.unreadCounts(userId)).total };
}
