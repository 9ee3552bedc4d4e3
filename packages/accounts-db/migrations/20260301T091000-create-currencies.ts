import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

/** ISO 4217: code, number, digits after the decimal sign, name. */
const CURRENCIES: readonly (readonly [code: string, number: number, minorUnitDigits: number, name: string])[] = [
  ['AED', 784, 2, 'UAE Dirham'],
  ['AUD', 36, 2, 'Australian Dollar'],
  ['BGN', 975, 2, 'Bulgarian Lev'],
  ['BHD', 48, 3, 'Bahraini Dinar'],
  ['BRL', 986, 2, 'Brazilian Real'],
  ['CAD', 124, 2, 'Canadian Dollar'],
  ['CHF', 756, 2, 'Swiss Franc'],
  ['CLP', 152, 0, 'Chilean Peso'],
  ['CNY', 156, 2, 'Yuan Renminbi'],
  ['CZK', 203, 2, 'Czech Koruna'],
  ['DKK', 208, 2, 'Danish Krone'],
  ['EUR', 978, 2, 'Euro'],
  ['GBP', 826, 2, 'Pound Sterling'],
  ['HKD', 344, 2, 'Hong Kong Dollar'],
  ['HUF', 348, 2, 'Forint'],
  ['ILS', 376, 2, 'New Israeli Sheqel'],
  ['INR', 356, 2, 'Indian Rupee'],
  ['ISK', 352, 0, 'Iceland Krona'],
  ['JPY', 392, 0, 'Yen'],
  ['KRW', 410, 0, 'Won'],
  ['KWD', 414, 3, 'Kuwaiti Dinar'],
  ['MXN', 484, 2, 'Mexican Peso'],
  ['NOK', 578, 2, 'Norwegian Krone'],
  ['NZD', 554, 2, 'New Zealand Dollar'],
  ['PLN', 985, 2, 'Zloty'],
  ['RON', 946, 2, 'Romanian Leu'],
  ['SEK', 752, 2, 'Swedish Krona'],
  ['SGD', 702, 2, 'Singapore Dollar'],
  ['TND', 788, 3, 'Tunisian Dinar'],
  ['TRY', 949, 2, 'Turkish Lira'],
  ['USD', 840, 2, 'US Dollar'],
  ['ZAR', 710, 2, 'Rand'],
];

export const migration: PostgresMigration = {
  async up(db) {
    await sql`
      CREATE TABLE accounts.currencies (
        code text CONSTRAINT currencies_pkey PRIMARY KEY
          CONSTRAINT currencies_code_is_iso_4217 CHECK (code ~ '^[A-Z]{3}$'),
        numeric_code smallint NOT NULL
          CONSTRAINT currencies_numeric_code_unique UNIQUE
          CONSTRAINT currencies_numeric_code_range CHECK (numeric_code BETWEEN 1 AND 999),
        minor_unit_digits smallint NOT NULL
          CONSTRAINT currencies_minor_unit_digits_range CHECK (minor_unit_digits BETWEEN 0 AND 4),
        name text NOT NULL CONSTRAINT currencies_name_not_empty CHECK (name <> '')
      )`.execute(db);
    await sql`COMMENT ON TABLE accounts.currencies IS 'The currencies that accounts can be held in (ISO 4217)'`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN accounts.currencies.minor_unit_digits IS 'How many decimal digits one minor unit stands for: EUR 2, JPY 0, KWD 3'`.execute(
      db,
    );
    const rows = CURRENCIES.map(([code, number, digits, name]) => sql`(${code}, ${number}, ${digits}, ${name})`);
    await sql`
      INSERT INTO accounts.currencies (code, numeric_code, minor_unit_digits, name) VALUES ${sql.join(rows)}`.execute(
      db,
    );
  },

  async down(db) {
    await sql`DROP TABLE accounts.currencies`.execute(db);
  },
};
