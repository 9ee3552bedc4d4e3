import type { Client } from 'pg';
import { colocationGroup, type DatabaseDistribution, type TableDistribution } from './table-distribution.ts';

/** Something of a table that Citus refuses when the table is distributed as it is declared. */
export interface CitusObstacle {
  readonly table: string;
  /** The constraint, index or trigger. */
  readonly object: string;
  readonly why: string;
}

interface ForeignKey {
  readonly table: string;
  readonly object: string;
  readonly columns: readonly string[];
  readonly referenced: string;
  readonly referenced_columns: readonly string[];
}

const UNIQUE_KEYS = `
  SELECT format('%s.%s', nspname, own.relname) AS table, key.relname AS object,
    ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) AS columns
  FROM pg_index JOIN pg_class AS own ON own.oid = indrelid JOIN pg_class AS key ON key.oid = indexrelid
  JOIN pg_namespace ON pg_namespace.oid = own.relnamespace
  WHERE (indisunique OR indisexclusion) AND NOT own.relispartition
    AND format('%s.%s', nspname, own.relname) = ANY ($1) ORDER BY 1, 2`;

const FOREIGN_KEYS = `
  SELECT format('%s.%s', own.relnamespace::regnamespace, own.relname) AS table, conname AS object,
    format('%s.%s', other.relnamespace::regnamespace, other.relname) AS referenced,
    ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS key(number, place)
      JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place) AS columns,
    ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS key(number, place)
      JOIN pg_attribute ON attrelid = confrelid AND attnum = number ORDER BY place) AS referenced_columns
  FROM pg_constraint JOIN pg_class AS own ON own.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid
  WHERE contype = 'f' AND conparentid = 0 AND format('%s.%s', own.relnamespace::regnamespace, own.relname) = ANY ($1)
  ORDER BY 1, 2`;

const TRIGGERS = `
  SELECT format('%s.%s', relnamespace::regnamespace, relname) AS table, tgname AS object, (tgtype & 1) = 1 AS is_row
  FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
  WHERE NOT tgisinternal AND NOT relispartition AND format('%s.%s', relnamespace::regnamespace, relname) = ANY ($1)
  ORDER BY 1, 2`;

/**
 * What of migrated tables Citus (12 and 13) refuses, were they distributed as they are declared: looked up in the
 * database's own catalogue, so that a new constraint or trigger cannot be forgotten. No row is read.
 *
 * @returns one for each; none when {@link toCitusStatements} can be run as they are.
 */
export async function findCitusObstacles<Database>(
  client: Client,
  declared: DatabaseDistribution<Database>,
): Promise<CitusObstacle[]> {
  const distributions: Readonly<Record<string, TableDistribution>> = declared;
  const names = [Object.keys(distributions)];
  const keys = await client.query<{ table: string; object: string; columns: readonly string[] }>(UNIQUE_KEYS, names);
  const foreignKeys = await client.query<ForeignKey>(FOREIGN_KEYS, names);
  const triggers = await client.query<{ table: string; object: string; is_row: boolean }>(TRIGGERS, names);
  return [
    ...keys.rows.flatMap(({ table, object, columns }) => {
      const own = distributions[table];
      return own?.kind !== 'distributed' || columns.includes(own.column)
        ? []
        : [{ table, object, why: `a unique key of a distributed table contains ${own.column}` }];
    }),
    ...foreignKeys.rows.flatMap((key) => {
      const why = refusedForeignKey(distributions, key);
      return why === undefined ? [] : [{ table: key.table, object: key.object, why }];
    }),
    ...triggers.rows.flatMap(({ table, object, is_row }) => {
      const why = refusedTrigger(distributions[table], is_row);
      return why === undefined ? [] : [{ table, object, why }];
    }),
  ];
}

function refusedForeignKey(
  distributions: Readonly<Record<string, TableDistribution>>,
  { table, columns, referenced, referenced_columns }: ForeignKey,
): string | undefined {
  const [own, other] = [distributions[table], distributions[referenced]];
  if (other === undefined) {
    return `it refers to ${referenced}, for which nothing is declared`;
  }
  if (own?.kind !== 'distributed') {
    return other.kind === 'distributed' ? `only a distributed table refers to ${referenced}, which is one` : undefined;
  }
  if (other.kind === 'local') {
    return `a distributed table does not refer to ${referenced}, which is local`;
  }
  if (other.kind === 'reference') {
    return undefined;
  }
  const isBeside = colocationGroup(distributions, table) === colocationGroup(distributions, referenced);
  const place = columns.indexOf(own.column);
  return isBeside && place >= 0 && referenced_columns[place] === other.column
    ? undefined
    : `it does not lead from ${own.column} to ${other.column} of a table that lies beside it`;
}

function refusedTrigger(own: TableDistribution | undefined, isRow: boolean): string | undefined {
  if (own === undefined || own.kind === 'local') {
    return undefined;
  }
  if (!isRow && own.kind === 'distributed') {
    return 'a distributed table has no statement triggers';
  }
  return `a ${own.kind} table has triggers only with citus.enable_unsafe_triggers, on each copy or part by itself`;
}
