import { ACCOUNT_ID, ACCOUNTS } from './prepare-ledger.ts';

/** Two different accounts and an amount, drawn anew for each transaction. */
const DRAW = `\\set debit random(1, ${ACCOUNTS})
\\set credit (:debit + random(0, ${ACCOUNTS - 2})) % ${ACCOUNTS} + 1
\\set amount random(1, 10000)
`;

/** The same, with one account on one side of every transfer. */
const DRAW_HOT = `\\set debit 1
\\set credit random(2, ${ACCOUNTS})
\\set amount random(1, 10000)
`;

/** How many transfers a batch has. */
export const BATCH_SIZE = 1_000;

const POST = `SELECT transactions.post_transfer('bench', gen_random_uuid()::text,
  ${ACCOUNT_ID(':debit')}, ${ACCOUNT_ID(':credit')}, 'EUR', (:amount)::bigint);
`;

/** One posting of one transfer, with every invariant on. */
export const SINGLE = `${DRAW}${POST}`;

/** The same, by the procedure that takes any number of transfers, as JSON. */
export const SINGLE_OF_MANY = `${DRAW}SELECT transactions.post_transaction('bench', gen_random_uuid()::text,
  jsonb_build_object('transfers', jsonb_build_array(jsonb_build_object('debit_account_id', ${ACCOUNT_ID(':debit')},
    'credit_account_id', ${ACCOUNT_ID(':credit')}, 'currency', 'EUR', 'amount_minor', (:amount)::bigint))));
`;

/** The same, with every posting on one account. */
export const HOT_SINGLE = `${DRAW_HOT}${POST}`;

/** The same rows, and nothing else: see ceiling.ts. */
export const BARE_SINGLE = `${DRAW}SELECT bare.post(gen_random_uuid()::text, ${ACCOUNT_ID(':debit')}, ${ACCOUNT_ID(':credit')}, (:amount)::bigint);
`;

export const PGLEDGER_SINGLE = `${DRAW}SELECT * FROM pgledger_create_transfer(
  (SELECT id FROM bench_accounts WHERE n = :debit), (SELECT id FROM bench_accounts WHERE n = :credit), :amount);
`;

/** The transfers of a batch, drawn in the server: what it costs is the same for every side. */
const drawMany = (debit: string) => `(
  SELECT debit, (debit + step) % ${ACCOUNTS} + 1 AS credit, amount FROM (
    SELECT ${debit} AS debit, (random() * ${ACCOUNTS - 2})::integer AS step, 1 + (random() * 9999)::bigint AS amount
    FROM generate_series(1, ${BATCH_SIZE})) AS draws) AS drawn`;

const batchOf = (debit: string) =>
  `SELECT transactions.post_batch('bench', gen_random_uuid()::text,
  array_agg(${ACCOUNT_ID('debit')}), array_agg(${ACCOUNT_ID('credit')}), array_agg('EUR'::text), array_agg(amount))
FROM ${drawMany(debit)};
`.replaceAll(/\n(?!$)/g, ' ');

const ANY_ACCOUNT = `1 + (random() * ${ACCOUNTS - 1})::integer`;

/** A batch of transfers in one call. */
export const BATCH = batchOf(ANY_ACCOUNT);

/** The same, with every transfer on one account. */
export const HOT_BATCH = batchOf('1');

export const PGLEDGER_BATCH = `SELECT count(*) FROM pgledger_create_transfers(transfer_requests => (
  SELECT array_agg((debited.id, credited.id, amount)::transfer_request) FROM ${drawMany(ANY_ACCOUNT)}
  JOIN bench_accounts AS debited ON debited.n = debit JOIN bench_accounts AS credited ON credited.n = credit), event_at => NULL);
`.replaceAll(/\n(?!$)/g, ' ');
