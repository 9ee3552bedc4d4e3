import { escapeLiteral } from '@finova/db-kit/postgres';
import { type EntriesNode, parseNodes, spreadMonth } from './entries-node.ts';

/** Once per node: who writes and reads, and what refuses to change an entry. */
const FRAME = `
CREATE SCHEMA IF NOT EXISTS transactions;
REVOKE ALL ON SCHEMA transactions FROM PUBLIC;
GRANT USAGE ON SCHEMA transactions TO finova_entries_writer, finova_entries_reader;

CREATE OR REPLACE FUNCTION transactions.refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
  RAISE EXCEPTION 'Table %.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = '23001', CONSTRAINT = TG_NAME;
END $function$;

CREATE TABLE IF NOT EXISTS transactions.discarded_entries (
  leaf text NOT NULL,
  account_id uuid NOT NULL,
  account_version bigint NOT NULL,
  booking_date date NOT NULL,
  transaction_id uuid NOT NULL,
  transfer_id uuid NOT NULL,
  direction text NOT NULL,
  amount_minor bigint NOT NULL,
  balance_after_minor bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT discarded_entries_pkey PRIMARY KEY (account_id, account_version, transfer_id)
);
COMMENT ON TABLE transactions.discarded_entries IS 'Append-only: entries whose transaction the coordinator never committed; what is put here is taken out of its leaf';

CREATE OR REPLACE FUNCTION transactions.discard_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  discarded integer;
BEGIN
  EXECUTE format('DELETE FROM transactions.%I WHERE account_id = $1 AND account_version = $2 AND transfer_id = $3', NEW.leaf)
    USING NEW.account_id, NEW.account_version, NEW.transfer_id;
  GET DIAGNOSTICS discarded = ROW_COUNT;
  IF discarded <> 1 THEN
    RAISE EXCEPTION 'There is no entry % of account % to discard', NEW.account_version, NEW.account_id USING ERRCODE = 'P0002';
  END IF;
  RETURN NULL;
END $function$;
REVOKE ALL ON FUNCTION transactions.discard_entry(), transactions.refuse_change() FROM PUBLIC;
CREATE OR REPLACE TRIGGER discarded_entries_take_out AFTER INSERT ON transactions.discarded_entries
  FOR EACH ROW EXECUTE FUNCTION transactions.discard_entry();
CREATE OR REPLACE TRIGGER discarded_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions.discarded_entries
  FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE transactions.discarded_entries ENABLE ALWAYS TRIGGER discarded_entries_take_out;
ALTER TABLE transactions.discarded_entries ENABLE ALWAYS TRIGGER discarded_entries_append_only;
GRANT INSERT, SELECT ON transactions.discarded_entries TO finova_entries_writer;
GRANT SELECT ON transactions.discarded_entries TO finova_entries_reader;
`;

function roleStatement(name: string, password: string): string {
  return `
DO $role$ BEGIN
  IF to_regrole(${escapeLiteral(name)}) IS NULL THEN CREATE ROLE ${name} LOGIN; END IF;
END $role$;
ALTER ROLE ${name} PASSWORD ${escapeLiteral(password)};`;
}

/** One number per account and month, whichever day it is booked on: what a retry after a lost commit runs into. */
function leafStatements(leaf: string, firstDay: string, end: string): string {
  return `
CREATE TABLE IF NOT EXISTS transactions.${leaf} (
  account_id uuid NOT NULL,
  account_version bigint NOT NULL,
  booking_date date NOT NULL,
  transaction_id uuid NOT NULL,
  transfer_id uuid NOT NULL,
  direction text NOT NULL,
  amount_minor bigint NOT NULL,
  balance_after_minor bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT ${leaf}_pkey PRIMARY KEY (account_id, account_version),
  CONSTRAINT ${leaf}_month CHECK (booking_date >= ${escapeLiteral(firstDay)} AND booking_date < ${escapeLiteral(end)})
);
CREATE OR REPLACE TRIGGER entries_append_only BEFORE UPDATE OR TRUNCATE ON transactions.${leaf}
  FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE OR REPLACE TRIGGER entries_only_discarded BEFORE DELETE ON transactions.${leaf}
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION transactions.refuse_change();
ALTER TABLE transactions.${leaf} ENABLE ALWAYS TRIGGER entries_append_only;
ALTER TABLE transactions.${leaf} ENABLE ALWAYS TRIGGER entries_only_discarded;
GRANT INSERT, SELECT ON transactions.${leaf} TO finova_entries_writer;
GRANT SELECT ON transactions.${leaf} TO finova_entries_reader;`;
}

/**
 * SQL for the database of one node, to be run there by a superuser or the owner of the database who may create roles:
 * a table for its part of each month, guarded by itself, and the roles as which the coordinator comes. It may be run
 * again at any time, and with later months.
 *
 * @param nodes - all of them: their number decides how entries are spread.
 * @param index - of this node among them, from 0.
 * @param months - a day of each month.
 * @throws {z.ZodError | RangeError} when a node or a month is none.
 */
export function entriesNodeStatements(nodes: readonly EntriesNode[], index: number, months: readonly string[]): string {
  const own = parseNodes(nodes)[index];
  if (own === undefined) {
    throw new RangeError(`There is no node ${index} among ${nodes.length}`);
  }
  return [
    'BEGIN;',
    roleStatement('finova_entries_writer', own.writerPassword),
    roleStatement('finova_entries_reader', own.readerPassword),
    FRAME,
    ...months.map((month) => {
      const { partition, firstDay, end } = spreadMonth(month);
      return leafStatements(`${partition}_${index + 1}`, firstDay, end);
    }),
    'COMMIT;',
    '',
  ].join('\n');
}
