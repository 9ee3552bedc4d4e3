import { ACCOUNTS_PER_SERVER } from './spread-ledger.ts';

/** Where an account has its entries. */
export type Place = 'here' | 'there';

const DRAW = `\\set debit random(1, ${ACCOUNTS_PER_SERVER})
\\set credit (:debit + random(0, ${ACCOUNTS_PER_SERVER - 2})) % ${ACCOUNTS_PER_SERVER} + 1
\\set amount random(1, 10000)
`;

/** One posting from an account of one place to another account of one. */
export const postBetween = (debit: Place, credit: Place): string =>
  `${DRAW}SELECT transactions.post_transaction('bench', gen_random_uuid()::text,
  jsonb_build_object('transfers', jsonb_build_array(jsonb_build_object(
    'debit_account_id', (SELECT id FROM bench_${debit} WHERE k = :debit),
    'credit_account_id', (SELECT id FROM bench_${credit} WHERE k = :credit), 'currency', 'EUR', 'amount_minor', (:amount)::bigint))));
`;

/** How many transfers a batch has. */
export const BATCH_SIZE = 100;

/** A batch of postings from accounts of one place to those of another. */
export const batchBetween = (debit: Place, credit: Place): string =>
  `SELECT transactions.post_batch('bench', gen_random_uuid()::text, array_agg(debited.id), array_agg(credited.id), array_agg('EUR'::text), array_agg(1::bigint))
FROM (SELECT 1 + (random() * ${ACCOUNTS_PER_SERVER - 2})::integer AS k FROM generate_series(1, ${BATCH_SIZE}) OFFSET 0) AS drawn
JOIN bench_${debit} AS debited ON debited.k = drawn.k JOIN bench_${credit} AS credited ON credited.k = drawn.k + 1;
`.replaceAll(/\n(?!$)/g, ' ');
