import { deterministicId } from '@finova/db-kit/seeding';
import { makeIban } from '../iban.ts';
import type { CashAccountType } from '../schema/index.ts';

/** An account of a seeded customer. */
export interface SeedAccount {
  readonly id: string;
  readonly currency: string;
  readonly iban: string;
  readonly name: string;
  readonly cashAccountType: CashAccountType & ('CACC' | 'SVGS' | 'LOAN');
  readonly overdraftLimitMinor: bigint;
}

/** A customer of the development data; other domains refer to them by id. */
export interface SeedCustomer {
  readonly id: string;
  readonly fullName: string;
  readonly email: string;
  readonly phone: string;
  /** BCP 47 */
  readonly locale: string;
  /** IANA */
  readonly timeZone: string;
  /** The customer's main currency. */
  readonly currency: string;
  readonly accounts: readonly SeedAccount[];
}

/** One of the bank's own accounts, through which money comes in and goes out. */
export interface SeedInternalAccount {
  readonly id: string;
  readonly currency: string;
  readonly name: string;
}

type Person = readonly [
  fullName: string,
  country: string,
  bank: string,
  phone: string,
  locale: string,
  timeZone: string,
  currency: string,
  ...others: readonly string[],
];

/** Name, IBAN country and bank code, phone, locale, time zone, currencies of the accounts. */
const PEOPLE: readonly Person[] = [
  ['Amelia Clarke', 'GB', 'FNVA601613', '+442079460001', 'en-GB', 'Europe/London', 'GBP', 'EUR'],
  ['Jonas Weber', 'DE', '37040044', '+4930901820001', 'de-DE', 'Europe/Berlin', 'EUR'],
  ['Camille Laurent', 'FR', '2004101005', '+33170180001', 'fr-FR', 'Europe/Paris', 'EUR', 'CHF'],
  ['Sofía Romero', 'ES', '21000418', '+34910500001', 'es-ES', 'Europe/Madrid', 'EUR'],
  ['Luca Ferrari', 'IT', 'X0542811101', '+390669400001', 'it-IT', 'Europe/Rome', 'EUR'],
  ['Anna Nowak', 'PL', '10901014', '+48223070001', 'pl-PL', 'Europe/Warsaw', 'PLN', 'EUR'],
  ['Erik Lindqvist', 'SE', '500', '+46850500001', 'sv-SE', 'Europe/Stockholm', 'SEK'],
  ['Ingrid Hansen', 'NO', '8601', '+4721030001', 'nb-NO', 'Europe/Oslo', 'NOK'],
  ['Haruka Tanaka', 'GB', 'FNVA601614', '+81345100001', 'ja-JP', 'Asia/Tokyo', 'JPY', 'USD'],
  ['Grace Okafor', 'GB', 'FNVA601615', '+442079460002', 'en-GB', 'Africa/Lagos', 'USD', 'GBP'],
  ['Fatima Al-Sabah', 'KW', 'CBKU', '+96522200001', 'ar-KW', 'Asia/Kuwait', 'KWD'],
  ['Noah Tremblay', 'FR', '2004101006', '+15145550001', 'fr-CA', 'America/Toronto', 'CAD', 'USD'],
];

/** How long a country's national account number is, bank code included. */
const ACCOUNT_NUMBER_LENGTH: Readonly<Record<string, number>> = {
  DE: 18,
  ES: 20,
  FR: 23,
  GB: 18,
  IT: 23,
  KW: 26,
  NO: 11,
  PL: 24,
  SE: 20,
};

/** The customers of the development data, the same every time. */
export const seedCustomers: readonly SeedCustomer[] = PEOPLE.map(
  ([fullName, country, bank, phone, locale, timeZone, ...currencies], index) => {
    const number = index + 1;
    const name = fullName
      .normalize('NFD')
      .replaceAll(/[^A-Za-z ]/g, '')
      .toLowerCase()
      .replaceAll(' ', '.');
    return {
      id: deterministicId(`customer ${number}`, index),
      fullName,
      email: `${name}@example.com`,
      phone,
      locale,
      timeZone,
      currency: currencies[0] ?? 'EUR',
      accounts: currencies.map((currency, position) => ({
        id: deterministicId(`account ${number}.${position + 1}`, 1_000 + 10 * index + position),
        currency,
        iban: makeIban(country, accountNumber(country, bank, number * 10 + position)),
        name: position === 0 ? 'Current account' : `${currency} savings`,
        cashAccountType: position === 0 ? ('CACC' as const) : ('SVGS' as const),
        overdraftLimitMinor: position === 0 && index % 3 === 0 ? 50_000n : 0n,
      })),
    };
  },
);

/** The bank's clearing account of each seeded currency. */
export const seedInternalAccounts: readonly SeedInternalAccount[] = [
  ...new Set(seedCustomers.flatMap(({ accounts }) => accounts.map(({ currency }) => currency))),
]
  .sort()
  .map((currency, index) => ({
    id: deterministicId(`internal account ${currency}`, 2_000 + index),
    currency,
    name: `External clearing ${currency}`,
  }));

function accountNumber(country: string, bank: string, number: number): string {
  const length = ACCOUNT_NUMBER_LENGTH[country] ?? 18;
  return `${bank}${String(number).padStart(length - bank.length, '0')}`;
}
