import type { Generated } from 'kysely';

/** How far the identity check (know your customer) got. */
export type KycStatus = 'pending' | 'verified' | 'rejected';

/** A person or company the bank serves; what identifies them is ciphertext. */
export interface CustomersTable {
  readonly id: Generated<string>;
  kyc_status: Generated<KycStatus>;
  /** The row's data key, wrapped: `F K 01 …`. */
  data_key: Buffer;
  /** Ciphertext `F N 01 …`, as are e-mail, phone and tax id. */
  full_name: Buffer;
  email: Buffer;
  /** HMAC of the e-mail address in lower case, 32 bytes. */
  email_blind_index: Buffer;
  phone: Buffer | null;
  tax_id: Buffer | null;
  readonly created_at: Generated<Date>;
  readonly updated_at: Generated<Date>;
}
