import { escapeLiteral } from '@finova/db-kit/postgres';
import { type EntriesNode, parseNodes, spreadMonth } from './entries-node.ts';

function serverStatements({ name, host, port, database, writerPassword, readerPassword }: EntriesNode): string {
  const options = Object.entries({
    host,
    port: String(port),
    dbname: database,
    // Its guards refuse it too.
    truncatable: 'false',
    fetch_size: '1000',
  }).map(([option, value]) => `${option} ${escapeLiteral(value)}`);
  const mapping = (role: string, user: string, password: string) => `
DROP USER MAPPING IF EXISTS FOR ${role} SERVER ${name};
CREATE USER MAPPING FOR ${role} SERVER ${name} OPTIONS (user '${user}', password ${escapeLiteral(password)});`;
  return `
DO $server$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_foreign_server WHERE srvname = ${escapeLiteral(name)}) THEN
    CREATE SERVER ${name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS (${options.join(', ')});
  END IF;
END $server$;
GRANT USAGE ON FOREIGN SERVER ${name} TO finova_transactions_owner;${mapping(
    'finova_transactions_owner',
    'finova_entries_writer',
    writerPassword,
  )}${mapping('PUBLIC', 'finova_entries_reader', readerPassword)}
CREATE FOREIGN TABLE IF NOT EXISTS transactions.discarded_entries_on_${name} (
  leaf text NOT NULL, account_id uuid NOT NULL, account_version bigint NOT NULL, booking_date date NOT NULL,
  transaction_id uuid NOT NULL, transfer_id uuid NOT NULL, direction text NOT NULL, amount_minor bigint NOT NULL,
  balance_after_minor bigint NOT NULL, created_at timestamptz NOT NULL
) SERVER ${name} OPTIONS (schema_name 'transactions', table_name 'discarded_entries');
ALTER FOREIGN TABLE transactions.discarded_entries_on_${name} OWNER TO finova_transactions_owner;`;
}

/**
 * A key over all partitions cannot be where one of them is on another server. Its columns contain the day, by which the
 * partitions differ, so that a key per partition says the same.
 */
const KEYS_OF_PARTITIONS = `
ALTER TABLE transactions.entries DROP CONSTRAINT IF EXISTS entries_pkey;
DO $keys$
DECLARE
  leaf record;
BEGIN
  FOR leaf IN
    SELECT relname AS name FROM pg_partition_tree('transactions.entries') JOIN pg_class ON oid = relid
    WHERE isleaf AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = relid AND contype = 'p')
  LOOP
    EXECUTE format('ALTER TABLE transactions.%I ADD CONSTRAINT %I PRIMARY KEY (account_id, account_version, booking_date)',
      leaf.name, leaf.name || '_pkey');
  END LOOP;
END $keys$;
`;

function monthStatements(month: string, nodes: readonly EntriesNode[]): string {
  const { partition, firstDay, end } = spreadMonth(month);
  const bound = (remainder: number) => `FOR VALUES WITH (MODULUS ${nodes.length + 1}, REMAINDER ${remainder})`;
  return `
DO $month$
DECLARE
  has_entries boolean;
BEGIN
  IF (SELECT relkind FROM pg_class WHERE oid = to_regclass('transactions.${partition}')) = 'p' THEN
    RAISE EXCEPTION 'The entries of ${firstDay} are spread already' USING ERRCODE = 'FN009';
  ELSIF to_regclass('transactions.${partition}') IS NOT NULL THEN
    LOCK TABLE transactions.${partition} IN ACCESS EXCLUSIVE MODE;
    EXECUTE 'SELECT EXISTS (SELECT FROM transactions.${partition})' INTO has_entries;
    IF has_entries THEN
      RAISE EXCEPTION 'The month of ${firstDay} has entries: only one that has none can be spread' USING ERRCODE = 'FN009';
    END IF;
    DROP TABLE transactions.${partition};
  END IF;
END $month$;
CREATE TABLE transactions.${partition} PARTITION OF transactions.entries
  FOR VALUES FROM ('${firstDay}') TO ('${end}') PARTITION BY HASH (account_id);
CREATE TABLE transactions.${partition}_0 PARTITION OF transactions.${partition} ${bound(0)};
ALTER TABLE transactions.${partition}_0 ADD CONSTRAINT ${partition}_0_pkey PRIMARY KEY (account_id, account_version);
${nodes
  .map(
    ({ name }, index) => `
CREATE FOREIGN TABLE transactions.${partition}_${index + 1} PARTITION OF transactions.${partition} ${bound(index + 1)}
  SERVER ${name} OPTIONS (schema_name 'transactions', table_name '${partition}_${index + 1}');`,
  )
  .join('')}
SELECT transactions.guard_partition('${partition}');
SELECT transactions.guard_partition('${partition}_0');
${[...nodes.keys(), nodes.length].map((remainder) => leafGuards(`${partition}_${remainder}`)).join('')}`;
}

/** Guards that stay when the month is taken out of the entries, and the copies of its row triggers go. */
function leafGuards(leaf: string): string {
  return `
CREATE TRIGGER entries_leaf_append_only BEFORE UPDATE OR DELETE ON transactions.${leaf}
  FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_change();
CREATE OR REPLACE TRIGGER entries_only_by_transfers BEFORE INSERT ON transactions.${leaf}
  FOR EACH STATEMENT EXECUTE FUNCTION transactions.refuse_by_hand();
ALTER TABLE transactions.${leaf} ENABLE ALWAYS TRIGGER entries_leaf_append_only;
ALTER TABLE transactions.${leaf} ENABLE ALWAYS TRIGGER entries_only_by_transfers;`;
}

/** Who discards what a crash between two commits left: see docs/SCALING.md. */
function repairFunction(nodes: readonly EntriesNode[]): string {
  const columns =
    'account_id, account_version, booking_date, transaction_id, transfer_id, direction, amount_minor, balance_after_minor, created_at';
  return `
CREATE OR REPLACE FUNCTION transactions.discard_orphans(first_day date, last_day date) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
DECLARE
  orphan record;
  discarded integer := 0;
BEGIN
  FOR orphan IN
    SELECT entry.*, leaf.relname AS leaf, srvname AS node FROM transactions.entries AS entry
    JOIN pg_class AS leaf ON leaf.oid = entry.tableoid
    JOIN pg_foreign_table ON ftrelid = leaf.oid JOIN pg_foreign_server AS server ON server.oid = ftserver
    WHERE entry.booking_date BETWEEN first_day AND last_day
      AND NOT EXISTS (SELECT FROM transactions.transfers WHERE id = entry.transfer_id)
    ORDER BY entry.account_id, entry.account_version
  LOOP
    -- A posting under way has committed there and not yet here, and holds its accounts: this waits for it.
    PERFORM FROM transactions.balances WHERE account_id = orphan.account_id FOR NO KEY UPDATE;
    CONTINUE WHEN EXISTS (SELECT FROM transactions.transfers WHERE id = orphan.transfer_id);
${nodes
  .map(
    ({ name }) => `    IF orphan.node = '${name}' THEN
      INSERT INTO transactions.discarded_entries_on_${name} (leaf, ${columns})
      VALUES (orphan.leaf, ${columns
        .split(', ')
        .map((column) => `orphan.${column}`)
        .join(', ')});
    END IF;`,
  )
  .join('\n')}
    discarded := discarded + 1;
  END LOOP;
  RETURN discarded;
END $function$;
COMMENT ON FUNCTION transactions.discard_orphans(date, date) IS 'Takes out of the nodes the entries of transactions that were never committed here, and returns how many';
REVOKE ALL ON FUNCTION transactions.discard_orphans(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION transactions.discard_orphans(date, date) TO finova_transactions_app;
ALTER FUNCTION transactions.discard_orphans(date, date) OWNER TO finova_transactions_owner;
`;
}

/**
 * SQL for the ledger's own database, to be run there by a superuser once the nodes have their tables: entries of these
 * months go to this server and the nodes, by the hash of their account. Everything else stays here.
 *
 * The months may have no entries yet. With later months it may be run again; the nodes stay the same ones, in the same
 * order. It rebuilds the key of every earlier month when it is first run.
 *
 * @param months - a day of each month.
 * @throws {z.ZodError} when a node or a month is none.
 */
export function entriesCoordinatorStatements(nodes: readonly EntriesNode[], months: readonly string[]): string {
  const all = parseNodes(nodes);
  return [
    'BEGIN;',
    'CREATE EXTENSION IF NOT EXISTS postgres_fdw;',
    ...all.map(serverStatements),
    'SET LOCAL ROLE finova_transactions_owner;',
    KEYS_OF_PARTITIONS,
    ...months.map((month) => monthStatements(month, all)),
    'RESET ROLE;',
    repairFunction(all),
    'COMMIT;',
    '',
  ].join('\n');
}
