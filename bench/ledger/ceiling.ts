/**
 * The ceiling: the rows that a posting writes, in tables with the same columns and indexes and nothing else. No
 * constraint, no trigger, no foreign key, no lock taken first, no look at status, limit or key.
 */
export const CEILING = `
  CREATE SCHEMA bare;
  CREATE TABLE bare.balances (LIKE transactions.balances INCLUDING DEFAULTS INCLUDING INDEXES) WITH (fillfactor = 70);
  INSERT INTO bare.balances SELECT * FROM transactions.balances;
  CREATE TABLE bare.transactions (LIKE transactions.transactions INCLUDING DEFAULTS INCLUDING INDEXES);
  CREATE TABLE bare.transfers (LIKE transactions.transfers INCLUDING DEFAULTS INCLUDING INDEXES);
  CREATE TABLE bare.entries (LIKE transactions.entries INCLUDING DEFAULTS INCLUDING INDEXES);
  CREATE TABLE bare.idempotency_keys (LIKE transactions.idempotency_keys INCLUDING DEFAULTS INCLUDING INDEXES);
  CREATE TABLE bare.outbox (LIKE transactions.outbox INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING IDENTITY);
  CREATE FUNCTION bare.post(in_key text, debit uuid, credit uuid, amount bigint) RETURNS uuid LANGUAGE plpgsql AS $$
  DECLARE
    new_id uuid;
    new_transfer uuid;
  BEGIN
    INSERT INTO bare.transactions (kind, booking_date, value_date) VALUES ('posted', current_date, current_date)
      RETURNING id INTO new_id;
    INSERT INTO bare.transfers (transaction_id, debit_account_id, credit_account_id, currency, amount_minor)
      VALUES (new_id, debit, credit, 'EUR', amount) RETURNING id INTO new_transfer;
    WITH moved AS (
      UPDATE bare.balances SET debits_posted_minor = debits_posted_minor + amount, version = version + 1
        WHERE account_id = debit RETURNING version, credits_posted_minor - debits_posted_minor AS balance
    )
    INSERT INTO bare.entries (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
      SELECT debit, version, current_date, new_id, new_transfer, 'debit', amount, balance FROM moved;
    WITH moved AS (
      UPDATE bare.balances SET credits_posted_minor = credits_posted_minor + amount, version = version + 1
        WHERE account_id = credit RETURNING version, credits_posted_minor - debits_posted_minor AS balance
    )
    INSERT INTO bare.entries (account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor)
      SELECT credit, version, current_date, new_id, new_transfer, 'credit', amount, balance FROM moved;
    INSERT INTO bare.idempotency_keys (scope, key, request_hash, response, transaction_id)
      VALUES ('bench', in_key, sha256(in_key::bytea), '{"kind": "posted"}', new_id);
    INSERT INTO bare.outbox (topic, key, payload) VALUES ('transaction.posted', new_id, '{"kind": "posted"}');
    RETURN new_id;
  END $$;
`;
