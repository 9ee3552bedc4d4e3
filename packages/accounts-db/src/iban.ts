import { z } from 'zod';

/**
 * Whether a text is an IBAN by ISO 13616: two letters, two check digits from 02 to 98, up to 30 letters and digits, and the
 * whole, its first four characters moved to the end and letters read as 10 to 35, leaves 1 when divided by 97 (ISO 7064). Of
 * check digits, 00, 01 and 99 would leave what 97, 98 and 02 do, and give one account two IBANs.
 *
 * @param iban - without spaces, in upper case.
 */
export function isIban(iban: string): boolean {
  if (!/^[A-Z]{2}(?!00|01|99)\d{2}[A-Z0-9]{11,30}$/.test(iban)) {
    return false;
  }
  const digits = `${iban.slice(4)}${iban.slice(0, 4)}`.replaceAll(/[A-Z]/g, (letter) =>
    String(letter.charCodeAt(0) - 'A'.charCodeAt(0) + 10),
  );
  return BigInt(digits) % 97n === 1n;
}

/**
 * Makes an IBAN of a country and a national account number, with the check digits that ISO 7064 asks for.
 *
 * @example
 * makeIban('DE', '370400440532013000') // 'DE89370400440532013000'
 */
export function makeIban(country: string, accountNumber: string): string {
  for (let check = 2; check <= 98; check += 1) {
    const iban = `${country}${String(check).padStart(2, '0')}${accountNumber}`;
    if (isIban(iban)) {
      return iban;
    }
  }
  throw new RangeError(
    `No IBAN can be made for country ${country}: expected two capital letters and 11 to 30 letters and digits`,
  );
}

/** An IBAN as people write it, with spaces and small letters, checked and brought to its one stored form. */
export const ibanSchema = z
  .string()
  // Some letters become two of these as capitals.
  .regex(/^[A-Za-z0-9\s]*$/, 'expected an IBAN (ISO 13616): letters from A to Z, digits and spaces')
  .transform((text) => text.replaceAll(/\s+/g, '').toUpperCase())
  .refine(isIban, 'expected an IBAN (ISO 13616) with its check digits right');
