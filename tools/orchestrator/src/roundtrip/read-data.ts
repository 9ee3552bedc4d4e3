import { createHash } from 'node:crypto';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { BSON } from 'mongodb';
import type { Client } from 'pg';
import { type RunContext, serverOf } from '../run/run-context.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** The rows of one table, or the documents of one collection, as digests that do not depend on their order. */
export interface TableData {
  /** Digest over whole rows. */
  readonly digest: string;
  readonly count: number;
  /** Digest of each column over all rows with their identity left out; MongoDB has none. */
  readonly columns: ReadonlyMap<string, string>;
}

const APPLICATION_NAME = 'finova-db roundtrip';

/** Digests of everything that a domain's tables or collections hold, by their name. */
export function readData(context: RunContext, domain: WorkspaceDomain): Promise<Map<string, TableData>> {
  const connection = { url: serverOf(context, domain).url, applicationName: APPLICATION_NAME };
  return domain.engine === 'postgres'
    ? withPostgresClient(connection, (client) => readTables(client, domain.namespace))
    : withMongoClient(connection, async (client) => {
        const db = client.db(domain.namespace);
        const collections = await db.listCollections({ type: 'collection' }, { nameOnly: true }).toArray();
        const own = collections.filter(({ name }) => !name.startsWith('migration_') && !name.startsWith('system.'));
        const data = new Map<string, TableData>();
        for (const { name } of own) {
          const digests: string[] = [];
          for await (const document of db.collection(name).find({}, { promoteValues: false, useBigInt64: false })) {
            digests.push(
              createHash('sha256')
                .update(BSON.EJSON.stringify(sorted(document), { relaxed: false }))
                .digest('hex'),
            );
          }
          const digest = createHash('sha256').update(digests.sort().join()).digest('hex');
          data.set(name, { digest, count: digests.length, columns: new Map() });
        }
        return data;
      });
}

async function readTables(client: Client, schema: string): Promise<Map<string, TableData>> {
  const { rows: tables } = await client.query<{ name: string; columns: string[] }>(
    `SELECT relname AS name, array_agg(attname::text ORDER BY attname) FILTER (WHERE attnum > 0 AND NOT attisdropped) AS columns
     FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
     WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p') AND NOT relispartition GROUP BY relname`,
    [client.escapeIdentifier(schema)],
  );
  const data = new Map<string, TableData>();
  for (const { name, columns } of tables) {
    const table = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;
    // As jsonb, whose keys are sorted: a column that was dropped and added again comes last.
    const digests = (columns ?? []).map(
      (column, index) =>
        `md5(string_agg(md5(coalesce(row.data ->> ${client.escapeLiteral(column)}, 'null')), ',' ORDER BY row.data ->> ${client.escapeLiteral(column)})) AS c${index}`,
    );
    const { rows } = await client.query<Record<string, string>>(
      `SELECT count(*)::text AS count, coalesce(md5(string_agg(md5(row.data::text), ',' ORDER BY md5(row.data::text))), '') AS digest
         ${digests.length > 0 ? `, ${digests.join(', ')}` : ''}
       FROM (SELECT to_jsonb(t) AS data FROM ${table} AS t) AS row`,
    );
    const found = rows[0] ?? {};
    data.set(name, {
      digest: found['digest'] ?? '',
      count: Number(found['count'] ?? 0),
      columns: new Map((columns ?? []).map((column, index) => [column, found[`c${index}`] ?? ''])),
    });
  }
  return data;
}

/** Keys in one order, at every depth: two documents with the same fields are the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([left], [right]) => (left < right ? -1 : 1))
          .map(([key, member]) => [key, sorted(member)]),
      )
    : value;
}

/** Everything outside the domain's own schema, its bookkeeping and the system's, by name; MongoDB has nothing such. */
export async function readSurroundings(context: RunContext, domain: WorkspaceDomain): Promise<string[]> {
  if (domain.engine === 'mongodb') {
    return [];
  }
  const connection = { url: serverOf(context, domain).url, applicationName: APPLICATION_NAME };
  return withPostgresClient(connection, async (client) => {
    const { rows } = await client.query<{ line: string }>(
      `WITH other AS (
         SELECT oid, nspname FROM pg_namespace
         WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
           AND nspname NOT IN ($1::text, $1::text || '_migrations')
       ),
       -- What an extension brought belongs to it; extensions are shared and stay.
       extended AS (SELECT objid FROM pg_depend WHERE deptype = 'e'),
       relation AS (
         SELECT pg_class.oid, pg_class.oid::regclass::text AS name, relkind FROM pg_class JOIN other ON relnamespace = other.oid
         WHERE relkind NOT IN ('i', 'I', 't') AND pg_class.oid NOT IN (SELECT objid FROM extended)
       )
       SELECT 'schema ' || nspname AS line FROM other
       UNION ALL SELECT format('relation %s %s', name, relkind) FROM relation
       UNION ALL SELECT format('column %s %s', name, attname) FROM pg_attribute JOIN relation ON attrelid = relation.oid
         WHERE attnum > 0 AND NOT attisdropped
       UNION ALL SELECT format('function %s', pg_proc.oid::regprocedure) FROM pg_proc JOIN other ON pronamespace = other.oid
         WHERE pg_proc.oid NOT IN (SELECT objid FROM extended)
       UNION ALL SELECT format('trigger %s on %s', tgname, name) FROM pg_trigger JOIN relation ON tgrelid = relation.oid
         WHERE NOT tgisinternal
       UNION ALL SELECT format('constraint %s on %s', conname, name) FROM pg_constraint JOIN relation ON conrelid = relation.oid
       UNION ALL SELECT format('type %s', pg_type.oid::regtype) FROM pg_type JOIN other ON typnamespace = other.oid
         WHERE typtype IN ('d', 'e', 'r') AND pg_type.oid NOT IN (SELECT objid FROM extended)
       ORDER BY 1`,
      [domain.namespace],
    );
    return rows.map(({ line }) => line);
  });
}
