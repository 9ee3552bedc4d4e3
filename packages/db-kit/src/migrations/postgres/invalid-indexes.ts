import type { Client } from 'pg';

/**
 * Finds the indexes of a schema that a cancelled concurrent build left behind: they slow every write down, serve no
 * read, and a unique one enforces nothing. Those that another session is building now are not among them, nor those of
 * partitioned tables, which are invalid until every partition has its own.
 *
 * @returns their names, quoted and with the schema.
 */
export async function findInvalidIndexes(client: Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', nspname, relname) AS name
     FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND NOT indisvalid AND relkind = 'i'
       AND indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index WHERE index_relid IS NOT NULL)
     ORDER BY 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

/**
 * Builds the invalid indexes of a schema again, without blocking writes. Not inside a transaction.
 *
 * @returns the names of those that were built.
 */
export async function rebuildInvalidIndexes(client: Client, schema: string): Promise<string[]> {
  const names = await findInvalidIndexes(client, schema);
  for (const name of names) {
    await client.query(`REINDEX INDEX CONCURRENTLY ${name}`);
  }
  return names;
}
