/**
 * Whether this is a time zone that the runtime's IANA database knows: `Europe/Vienna`, `UTC`.
 *
 * Offsets such as `+02:00` are none: they cannot say when the clocks change.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) {
    return false;
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * The canonical form of a BCP 47 language tag (`EN-us` becomes `en-US`), or `undefined` when it is none.
 */
export function canonicalLocale(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

/** Whether this is an ISO 4217 code that the runtime knows: `EUR`. */
export function isCurrency(code: string): boolean {
  return KNOWN_CURRENCIES.has(code);
}

const KNOWN_CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));
