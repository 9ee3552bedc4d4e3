import { randomUUID } from 'node:crypto';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { ACCOUNT_ID, ACCOUNTS } from './prepare-ledger.ts';

/** How many transfers one call posts; each makes two entries. */
const TRANSFERS_PER_CALL = 5_000;

/** Each fills accounts of its own, so that none waits for another's locks. */
const FILLERS = 2;

/** The entries are booked over so many months, the current one the last. */
const MONTHS = 12;

const FILL = `SELECT transactions.post_batch('fill', $1, array_agg(${ACCOUNT_ID('debit')}), array_agg(${ACCOUNT_ID('credit')}),
    array_agg('EUR'::text), array_agg(amount),
    in_booking_date => (date_trunc('month', current_date) - make_interval(months => $5::integer))::date)
  FROM (
    SELECT $2::integer + debit AS debit, $2::integer + (debit + step) % $3::integer AS credit, amount FROM (
      SELECT (random() * ($3::integer - 1))::integer AS debit, 1 + (random() * ($3::integer - 2))::integer AS step,
        1 + (random() * 9999)::bigint AS amount
      FROM generate_series(1, $4::integer)) AS draws) AS drawn`;

/**
 * Fills a ledger with so many entries, through its own procedure for batches: what it leaves are right books. Older
 * months come first.
 *
 * @param onProgress - called with how many entries there are.
 */
export async function fillLedger(
  databaseUrl: string,
  entries: number,
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const transfers = Math.ceil(entries / 2 / FILLERS);
  let done = 0;
  const fill = (filler: number) =>
    withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
      await client.query('SET synchronous_commit = off');
      const accounts = ACCOUNTS / FILLERS;
      for (let posted = 0; posted < transfers; ) {
        const size = Math.min(TRANSFERS_PER_CALL, transfers - posted);
        const monthsAgo = MONTHS - 1 - Math.floor((posted / transfers) * MONTHS);
        await client.query(FILL, [randomUUID(), filler * accounts + 1, accounts, size, monthsAgo]);
        posted += size;
        done += 2 * size;
        onProgress(done);
      }
    });
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, (client) =>
    client.query(
      'SELECT transactions.ensure_partitions((current_date - make_interval(months => $1))::date, current_date)',
      [MONTHS],
    ),
  );
  await Promise.all(Array.from({ length: FILLERS }, (_, filler) => fill(filler)));
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  });
}
