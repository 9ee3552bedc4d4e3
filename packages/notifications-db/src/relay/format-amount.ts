import { canonicalLocale } from '@finova/preferences-db';

/**
 * An amount as a customer reads it, exact to the last digit whatever its size.
 *
 * @param amountMinor - minor units, 0 or more.
 * @param locale - BCP 47; English where the runtime does not know it.
 * @example
 * formatAmount({ amountMinor: 123_456n, currency: 'EUR', minorUnitDigits: 2 }, 'de-AT'); // 'EUR 1.234,56'
 */
export function formatAmount(
  amount: { readonly amountMinor: bigint; readonly currency: string; readonly minorUnitDigits: number },
  locale: string,
): string {
  const { amountMinor, currency, minorUnitDigits } = amount;
  const digits = amountMinor.toString().padStart(minorUnitDigits + 1, '0');
  const whole = digits.slice(0, digits.length - minorUnitDigits);
  const fraction = digits.slice(digits.length - minorUnitDigits);
  // As text: a number would lose minor units past 2^53.
  const decimal = (fraction === '' ? whole : `${whole}.${fraction}`) as `${number}`;
  const text = new Intl.NumberFormat(canonicalLocale(locale) ?? 'en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: minorUnitDigits,
    maximumFractionDigits: minorUnitDigits,
  }).format(decimal);
  // Plain spaces: an SMS with any other takes twice the room.
  return text.replaceAll(/\s/g, ' ');
}
