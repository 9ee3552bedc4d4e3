import { withPostgresClient } from '@finova/db-kit/postgres';

/**
 * Divides every month of an empty ledger into partitions by the hash of the account: the same table in more, smaller parts.
 * For measuring what that is worth; see docs/decisions/0022-months-are-not-divided-by-account.md.
 */
export async function partitionByAccount(databaseUrl: string, partitions: number): Promise<void> {
  await withPostgresClient({ url: databaseUrl, applicationName: 'finova bench' }, async (client) => {
    await client.query(
      'SELECT transactions.ensure_partitions((current_date - make_interval(months => 12))::date, current_date)',
    );
    const { rows } = await client.query<{ name: string; bound: string }>(
      `SELECT relname AS name, pg_get_expr(relpartbound, oid) AS bound FROM pg_inherits JOIN pg_class ON oid = inhrelid
       WHERE inhparent = 'transactions.entries'::regclass`,
    );
    for (const { name, bound } of rows) {
      await client.query(`
        DROP TABLE transactions.${name};
        CREATE TABLE transactions.${name} PARTITION OF transactions.entries ${bound} PARTITION BY HASH (account_id)`);
      for (let remainder = 0; remainder < partitions; remainder++) {
        await client.query(
          `CREATE TABLE transactions.${name}_${remainder} PARTITION OF transactions.${name}
             FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${remainder})`,
        );
        await client.query('SELECT transactions.guard_partition($1)', [`${name}_${remainder}`]);
      }
      await client.query('SELECT transactions.guard_partition($1)', [name]);
    }
  });
}
