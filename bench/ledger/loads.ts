import { ACCOUNT_ID, ACCOUNTS } from './prepare-ledger.ts';

/** Two different accounts and an amount, drawn anew for each transaction. */
const DRAW = `\\set debit random(1, ${ACCOUNTS})
\\set credit (:debit + random(0, ${ACCOUNTS - 2})) % ${ACCOUNTS} + 1
\\set amount random(1, 10000)
`;

const TRANSFER = (debit: string, credit: string, amount: string) =>
  `jsonb_build_object('debit_account_id', ${ACCOUNT_ID(debit)}, 'credit_account_id', ${ACCOUNT_ID(credit)}, 'currency', 'EUR', 'amount_minor', (${amount})::bigint)`;

/** One posting of one transfer, with every invariant on. */
export const SINGLE = `${DRAW}SELECT transactions.post_transaction('bench', gen_random_uuid()::text,
  jsonb_build_object('transfers', jsonb_build_array(${TRANSFER(':debit', ':credit', ':amount')})));
`;

/** The same rows, and nothing else: see ceiling.ts. */
export const BARE_SINGLE = `${DRAW}SELECT bare.post(gen_random_uuid()::text, ${ACCOUNT_ID(':debit')}, ${ACCOUNT_ID(':credit')}, (:amount)::bigint);
`;

export const PGLEDGER_SINGLE = `${DRAW}SELECT * FROM pgledger_create_transfer(
  (SELECT id FROM bench_accounts WHERE n = :debit), (SELECT id FROM bench_accounts WHERE n = :credit), :amount);
`;
