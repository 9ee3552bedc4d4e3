import { consentInForce, PreferencesRepository } from '@finova/preferences-db';
import type { Db } from 'mongodb';

export async function changePreferences(db: Db, userId: string) {
  const preferences = new PreferencesRepository(db);

  const { revision } = await preferences.getOrDefault(userId);
  await preferences.patch(
    userId,
    { locale: 'de-AT', timeZone: 'Europe/Vienna', accessibility: { textScalePercent: 130 } },
    { expectedRevision: revision },
  );
  const { consents } = await preferences.setConsent(userId, {
    purpose: 'marketing_email',
    granted: false,
    policyVersion: 'privacy-2026-01',
    source: 'web',
  });

  return { mayMail: consentInForce(consents, 'marketing_email')?.granted ?? false };
}
