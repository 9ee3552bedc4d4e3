import { type Choices, type Consent, DEFAULT_CHOICES } from './schema/user-preferences.ts';

/** The preferences of one customer: language and region by BCP 47, IANA and ISO 4217. */
export interface UserPreferences extends Choices {
  /** The customer's id in accounts-db. */
  readonly userId: string;
  /** In the order they were decided; the last one of a purpose is in force. */
  readonly consents: readonly Consent[];
  /** 0 for preferences that are not stored. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What holds for a customer who never chose anything: nothing is consented to. */
export function defaultPreferences(userId: string, now: Date): UserPreferences {
  return { userId, ...DEFAULT_CHOICES, consents: [], revision: 0, createdAt: now, updatedAt: now };
}
