import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ibanSchema, isIban, makeIban } from './iban.ts';

describe('IBANs', () => {
  it.each([
    'GB29NWBK60161331926819',
    'DE89370400440532013000',
    'FR1420041010050500013M02606',
    'NO9386011117947',
    'KW81CBKU0000000000001234560101',
  ])('%s, from the registry of ISO 13616, is one', (iban) => {
    expect(isIban(iban)).toBe(true);
  });

  it('is written with spaces and small letters and stored without', () => {
    expect(ibanSchema.parse('de89 3704 0044 0532 0130 00')).toBe('DE89370400440532013000');
  });

  it.each(['', 'DE89', 'DE8937040044053201300O', '1289370400440532013000', 'DE89 3704'])('%j is none', (text) => {
    expect(ibanSchema.safeParse(text).success).toBe(false);
  });

  it.each(['DE01370400440532010025', 'DE89 3704 0044 0532 0130 0ß'])(
    '%j is none, though dividing by 97 leaves 1 or its capitals could be some',
    (text) => {
      expect(ibanSchema.safeParse(text).success).toBe(false);
    },
  );

  it('is caught when any two neighbouring digits are swapped or any digit is wrong', () => {
    const number = fc.stringMatching(/^\d{18}$/);
    fc.assert(
      fc.property(number, fc.integer({ min: 4, max: 20 }), fc.integer({ min: 1, max: 9 }), (account, at, by) => {
        const iban = makeIban('DE', account);
        expect(isIban(iban)).toBe(true);
        const digits = [...iban];
        const [left = '', right = ''] = [digits[at], digits[at + 1]];
        if (left !== right) {
          expect(
            isIban(
              digits
                .with(at, right)
                .with(at + 1, left)
                .join(''),
            ),
          ).toBe(false);
        }
        expect(isIban(digits.with(at, String((Number(left) + by) % 10)).join(''))).toBe(false);
      }),
    );
  });
});
