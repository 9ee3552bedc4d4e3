import type { Generated } from 'kysely';

/** ISO 20022 ExternalCashAccountType1Code: current, savings, loan, settlement, other. */
export type CashAccountType = 'CACC' | 'SVGS' | 'LOAN' | 'SACC' | 'OTHR';

/** The side of an entry, and the side that makes an account's balance grow. */
export type Side = 'debit' | 'credit';

export type AccountStatus = 'pending' | 'active' | 'frozen' | 'closed';

/** An account of a customer, or one of the bank's own. Its money is in transactions-db. */
export interface AccountsTable {
  readonly id: Generated<string>;
  readonly currency: string;
  /** The row's data key, wrapped; `null` where there is no IBAN to encrypt. */
  data_key: Buffer | null;
  /** Ciphertext `F N 01 …`; internal accounts have none. */
  iban: Buffer | null;
  /** HMAC of the IBAN without spaces, 32 bytes. */
  iban_blind_index: Buffer | null;
  readonly is_internal: Generated<boolean>;
  name: string;
  readonly cash_account_type: CashAccountType;
  readonly normal_side: Side;
  status: Generated<AccountStatus>;
  /** Minor units; `null`, for internal accounts only: without limit. */
  overdraft_limit_minor: Generated<bigint | null>;
  readonly opened_at: Date | null;
  readonly closed_at: Date | null;
  readonly created_at: Generated<Date>;
  readonly updated_at: Generated<Date>;
}
