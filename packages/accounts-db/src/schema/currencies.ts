/** A currency that accounts can be held in (ISO 4217). Reference data, changed by migrations only. */
export interface CurrenciesTable {
  /** `EUR` */
  readonly code: string;
  readonly numeric_code: number;
  /** How many decimal digits one minor unit stands for: EUR 2, JPY 0, KWD 3. */
  readonly minor_unit_digits: number;
  readonly name: string;
}
