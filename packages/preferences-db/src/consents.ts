import { CONSENTS_MAX, type Consent, type ConsentPurpose } from './schema/user-preferences.ts';

/**
 * The decision that is in force for a purpose, or `undefined` when there never was one, which means "no".
 *
 * @example
 * consentInForce(consents, 'marketing_email')?.granted === true
 */
export function consentInForce(consents: readonly Consent[], purpose: ConsentPurpose): Consent | undefined {
  return consents.findLast((consent) => consent.purpose === purpose);
}

/**
 * Appends a decision, letting go of the oldest replaced one when there are {@link CONSENTS_MAX}. There always is one,
 * because there are far fewer purposes than that: a customer can withdraw at any time.
 */
export function appendConsent(consents: readonly Consent[], decision: Consent): readonly Consent[] {
  const all = [...consents, decision];
  const replaced = all.findIndex((consent) => consentInForce(all, consent.purpose) !== consent);
  return all.length <= CONSENTS_MAX ? all : all.toSpliced(replaced, 1);
}
