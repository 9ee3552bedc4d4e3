-- What is wrong with the books, whoever made it so: recomputed from transfers and entries, and from what guards them.

CREATE OR REPLACE FUNCTION transactions.verify(first_day date DEFAULT NULL, last_day date DEFAULT NULL)
  RETURNS TABLE (problem text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  from_day CONSTANT date := coalesce(first_day, '-infinity');
  to_day CONSTANT date := coalesce(last_day, 'infinity');
  -- Entries up to here may be in partitions that were retired.
  retired CONSTANT date := (SELECT max(through) FROM transactions.retired_months);
BEGIN
  RETURN QUERY SELECT guard.missing FROM transactions.missing_guards() AS guard(missing);

  RETURN QUERY
  SELECT format('transaction %s: debits and credits of %s differ by %s', entry.transaction_id, transfer.currency,
    sum(CASE entry.direction WHEN 'debit' THEN entry.amount_minor ELSE -entry.amount_minor END))
  FROM transactions.entries AS entry JOIN transactions.transfers AS transfer ON transfer.id = entry.transfer_id
  WHERE entry.booking_date BETWEEN from_day AND to_day
  GROUP BY entry.transaction_id, transfer.currency
  HAVING sum(CASE entry.direction WHEN 'debit' THEN entry.amount_minor ELSE -entry.amount_minor END) <> 0;
  PERFORM transactions.require_same_months();

  RETURN QUERY
  SELECT format('transfer %s: its entries are not one debit and one credit of it', transfer.id)
  FROM transactions.transfers AS transfer
  JOIN transactions.transactions AS transaction ON transaction.id = transfer.transaction_id
  LEFT JOIN transactions.entries AS entry ON entry.transfer_id = transfer.id AND entry.booking_date = transaction.booking_date
  WHERE transaction.kind IN ('posted', 'post', 'reversal') AND transaction.booking_date BETWEEN from_day AND to_day
    AND transaction.booking_date > coalesce(retired, '-infinity')
  GROUP BY transfer.id
  HAVING array_agg((entry.direction, entry.account_id, entry.amount_minor, entry.transaction_id) ORDER BY entry.direction DESC)
    IS DISTINCT FROM ARRAY[('debit'::text, transfer.debit_account_id, transfer.amount_minor::bigint, transfer.transaction_id),
      ('credit'::text, transfer.credit_account_id, transfer.amount_minor::bigint, transfer.transaction_id)];

  RETURN QUERY
  SELECT format('entry %s of account %s belongs to no transfer of its day', entry.account_version, entry.account_id)
  FROM transactions.entries AS entry
  WHERE entry.booking_date BETWEEN from_day AND to_day AND NOT EXISTS (
    SELECT FROM transactions.transfers AS transfer JOIN transactions.transactions AS transaction
      ON transaction.id = transfer.transaction_id
    WHERE transfer.id = entry.transfer_id AND transaction.id = entry.transaction_id
      AND transaction.kind IN ('posted', 'post', 'reversal') AND transaction.booking_date = entry.booking_date);

  RETURN QUERY
  SELECT format('transfer %s: its currency is not that of account %s', transfer.id, balance.account_id)
  FROM transactions.transfers AS transfer
  JOIN transactions.transactions AS transaction ON transaction.id = transfer.transaction_id
  JOIN transactions.balances AS balance ON balance.account_id IN (transfer.debit_account_id, transfer.credit_account_id)
  WHERE transaction.booking_date BETWEEN from_day AND to_day AND balance.currency <> transfer.currency;

  RETURN QUERY
  SELECT format('transaction %s (%s) moves or holds nothing', transaction.id, transaction.kind)
  FROM transactions.transactions AS transaction
  WHERE transaction.kind IN ('posted', 'pending', 'post', 'reversal') AND transaction.booking_date BETWEEN from_day AND to_day
    AND NOT EXISTS (SELECT FROM transactions.transfers WHERE transaction_id = transaction.id);

  RETURN QUERY
  SELECT format('account %s: its balance is not there, or says something else than the account', account.id)
  FROM accounts.accounts AS account LEFT JOIN transactions.balances AS balance ON balance.account_id = account.id
  WHERE (balance.currency, balance.normal_side, balance.account_status, balance.overdraft_limit_minor)
    IS DISTINCT FROM (account.currency, account.normal_side, account.status, account.overdraft_limit_minor);

  RETURN QUERY
  SELECT format('account %s: less is available than its overdraft limit allows', balance.account_id)
  FROM transactions.balances AS balance
  WHERE -balance.overdraft_limit_minor > CASE balance.normal_side
    WHEN 'credit' THEN balance.credits_posted_minor - balance.debits_posted_minor - balance.debits_pending_minor
    ELSE balance.debits_posted_minor - balance.credits_posted_minor - balance.credits_pending_minor END
  UNION ALL
  SELECT format('account %s: it is closed, with money or holds on it', balance.account_id)
  FROM transactions.balances AS balance
  WHERE balance.account_status = 'closed' AND (balance.debits_posted_minor <> balance.credits_posted_minor
    OR balance.debits_pending_minor <> 0 OR balance.credits_pending_minor <> 0);

  RETURN QUERY
  SELECT format('transaction %s captures more than was held', capture.id)
  FROM transactions.pending_resolutions AS resolution
  JOIN transactions.transactions AS capture ON capture.id = resolution.resolution_transaction_id
  WHERE capture.kind = 'post' AND capture.booking_date BETWEEN from_day AND to_day AND EXISTS (
    SELECT FROM transactions.transfers AS transfer
    WHERE transfer.transaction_id IN (capture.id, resolution.pending_transaction_id)
    GROUP BY transfer.debit_account_id, transfer.credit_account_id, transfer.currency
    HAVING sum(CASE transfer.transaction_id WHEN capture.id THEN transfer.amount_minor ELSE -transfer.amount_minor END) > 0)
  UNION ALL
  SELECT format('transaction %s does not move back exactly what transaction %s moved', reversal.id, original.id)
  FROM transactions.reversals
  JOIN transactions.transactions AS original ON original.id = reversed_transaction_id
  JOIN transactions.transactions AS reversal ON reversal.id = reversal_transaction_id,
    LATERAL (
      SELECT array_agg((debit_account_id, credit_account_id, currency, amount_minor::bigint)
        ORDER BY debit_account_id, credit_account_id, currency, amount_minor) AS transfers
      FROM transactions.transfers WHERE transaction_id = original.id
    ) AS moved,
    LATERAL (
      SELECT array_agg((credit_account_id, debit_account_id, currency, amount_minor::bigint)
        ORDER BY credit_account_id, debit_account_id, currency, amount_minor) AS transfers
      FROM transactions.transfers WHERE transaction_id = reversal.id
    ) AS moved_back
  WHERE reversal.booking_date BETWEEN from_day AND to_day
    AND (original.kind NOT IN ('posted', 'post') OR moved.transfers IS DISTINCT FROM moved_back.transfers);

  IF first_day IS NULL AND last_day IS NULL THEN
    RETURN QUERY
    SELECT format('transaction %s is not there, and an idempotency key names it', known.transaction_id)
    FROM transactions.idempotency_keys AS known
    WHERE known.transaction_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM transactions.transactions WHERE id = known.transaction_id);
  END IF;

  RETURN QUERY
  SELECT format('transaction %s (%s) settles nothing', transaction.id, transaction.kind)
  FROM transactions.transactions AS transaction
  WHERE transaction.kind IN ('post', 'void', 'expire') AND transaction.booking_date BETWEEN from_day AND to_day
    AND NOT EXISTS (SELECT FROM transactions.pending_resolutions WHERE resolution_transaction_id = transaction.id);

  -- A range of days need not be a range of versions: what was booked late has a later one. Accounts with entries in the
  -- range are folded whole, from the snapshot at the end of what was retired.
  RETURN QUERY
  WITH concerned AS MATERIALIZED (
    SELECT balance.* FROM transactions.balances AS balance
    WHERE (first_day IS NULL AND last_day IS NULL) OR EXISTS (
      SELECT FROM transactions.entries AS entry
      WHERE entry.account_id = balance.account_id AND entry.booking_date BETWEEN from_day AND to_day)
  ), opening AS (
    SELECT snapshot.* FROM transactions.balance_snapshots AS snapshot WHERE snapshot.as_of = retired
  ), running AS (
    SELECT entry.account_id, entry.account_version, entry.balance_after_minor,
      coalesce(lag(entry.account_version) OVER every, 0) AS version_before,
      coalesce(lag(entry.balance_after_minor) OVER every, 0)
        + CASE entry.direction WHEN concerned.normal_side THEN entry.amount_minor ELSE -entry.amount_minor END AS expected_minor
    FROM transactions.entries AS entry JOIN concerned USING (account_id)
    WINDOW every AS (PARTITION BY entry.account_id ORDER BY entry.account_version)
  ), folded AS (
    SELECT entry.account_id, count(*) AS entries,
      sum(entry.amount_minor) FILTER (WHERE entry.direction = 'debit') AS debits,
      sum(entry.amount_minor) FILTER (WHERE entry.direction = 'credit') AS credits
    FROM transactions.entries AS entry JOIN concerned USING (account_id) GROUP BY entry.account_id
  ), held AS (
    SELECT side.id, sum(side.debit) AS debits, sum(side.credit) AS credits
    FROM transactions.transactions AS pending
    JOIN transactions.transfers AS transfer ON transfer.transaction_id = pending.id,
      LATERAL (VALUES (debit_account_id, amount_minor, 0), (credit_account_id, 0, amount_minor)) AS side(id, debit, credit)
    WHERE pending.kind = 'pending' AND NOT EXISTS (
      SELECT FROM transactions.pending_resolutions WHERE pending_transaction_id = pending.id)
    GROUP BY side.id
  )
  -- Where a month was retired, what was booked late leaves gaps in what is left, and the number of entries tells.
  SELECT format('account %s: version %s follows version %s', account_id, account_version, version_before)
  FROM running WHERE account_version <> version_before + 1 AND (retired IS NULL OR account_version <= version_before)
  UNION ALL
  SELECT format('account %s: the balance after version %s is %s, and not %s', account_id, account_version, balance_after_minor,
    expected_minor)
  FROM running WHERE account_version = version_before + 1 AND balance_after_minor <> expected_minor
  UNION ALL
  SELECT format('account %s: its totals are not the sum of its entries', concerned.account_id)
  FROM concerned LEFT JOIN folded USING (account_id) LEFT JOIN opening USING (account_id)
  WHERE (concerned.debits_posted_minor, concerned.credits_posted_minor, concerned.version) IS DISTINCT FROM (
    coalesce(folded.debits, 0) + coalesce(opening.debits_posted_minor, 0),
    coalesce(folded.credits, 0) + coalesce(opening.credits_posted_minor, 0),
    coalesce(folded.entries, 0) + coalesce(opening.account_version, 0))
  UNION ALL
  SELECT format('account %s: what it says is held is not what open holds hold', concerned.account_id)
  FROM concerned LEFT JOIN held ON held.id = concerned.account_id
  WHERE (concerned.debits_pending_minor, concerned.credits_pending_minor)
    IS DISTINCT FROM (coalesce(held.debits, 0), coalesce(held.credits, 0))
  UNION ALL
  SELECT format('account %s: its snapshot of %s is not the sum of its entries', snapshot.account_id, snapshot.as_of)
  FROM transactions.balance_snapshots AS snapshot JOIN concerned USING (account_id) LEFT JOIN opening USING (account_id),
    LATERAL (
      SELECT count(*) AS entries,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'debit'), 0) AS debits,
        coalesce(sum(amount_minor) FILTER (WHERE direction = 'credit'), 0) AS credits
      FROM transactions.entries AS entry
      WHERE entry.account_id = snapshot.account_id AND entry.booking_date <= snapshot.as_of
    ) AS until
  WHERE snapshot.as_of BETWEEN from_day AND to_day AND snapshot.as_of > coalesce(retired, '-infinity')
    AND (snapshot.account_version, snapshot.debits_posted_minor, snapshot.credits_posted_minor) IS DISTINCT FROM (
      until.entries + coalesce(opening.account_version, 0), until.debits + coalesce(opening.debits_posted_minor, 0),
      until.credits + coalesce(opening.credits_posted_minor, 0));
END $function$;
COMMENT ON FUNCTION transactions.verify(date, date) IS 'What is wrong with the books booked between two days, and with what guards them; no row when nothing is';
SELECT transactions.expose_to_application('transactions.verify(date, date)');
