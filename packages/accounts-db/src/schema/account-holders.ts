import type { Generated } from 'kysely';

export type HolderRole = 'owner' | 'co_owner' | 'authorised';

/** Who may use an account, as what, and when. */
export interface AccountHoldersTable {
  readonly id: Generated<string>;
  readonly account_id: string;
  readonly customer_id: string;
  readonly role: HolderRole;
  /** `[2026-01-01,)`: first day, and day after the last. */
  validity: Generated<string>;
  readonly created_at: Generated<Date>;
}
