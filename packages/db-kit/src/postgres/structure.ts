import type { Client } from 'pg';

/** One line per object of a schema, sorted: equal structures give equal lines. */
export type Structure = readonly string[];

/**
 * Describes everything in a PostgreSQL schema as sorted lines: tables, columns, constraints, indexes, functions,
 * triggers, views, types, sequences, policies and grants. Names what the catalog holds, not how it got there, so two
 * databases with equal lines behave alike.
 *
 * @param schema - `accounts`; a schema that does not exist has no lines.
 */
export async function describePostgresStructure(client: Client, schema: string): Promise<Structure> {
  const { rows } = await client.query<{ line: string }>(STRUCTURE_QUERY, [schema]);
  return rows.map((row) => row.line).sort();
}

const STRUCTURE_QUERY = `
WITH target AS (SELECT oid, nspacl FROM pg_namespace WHERE nspname = $1),
relation AS (
  SELECT c.*, c.oid::regclass::text AS name FROM pg_class c JOIN target ON c.relnamespace = target.oid
)
SELECT 'schema ' || $1 || ' acl ' || coalesce((SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(nspacl) item), '') AS line FROM target
UNION ALL
SELECT format('relation %s kind %s persistence %s options %s partition %s of %s rls %s/%s acl %s comment %s', name, relkind, relpersistence,
  reloptions, pg_get_expr(relpartbound, oid),
  (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = relation.oid),
  relrowsecurity, relforcerowsecurity,
  (SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(relacl) item), obj_description(oid, 'pg_class'))
FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT format('partitioning %s %s', name, pg_get_partkeydef(oid)) FROM relation WHERE relkind = 'p'
UNION ALL
SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT format('column %s.%s position %s type %s not null %s default %s identity %s generated %s collation %s compression %s comment %s',
  name, attname, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod), attnotnull,
  pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation, attcompression, col_description(attrelid, attnum))
FROM relation JOIN pg_attribute ON attrelid = relation.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f', 'c')
UNION ALL
SELECT format('constraint %s %s %s validated %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid), convalidated)
FROM pg_constraint JOIN target ON connamespace = target.oid WHERE contype <> 'n'
UNION ALL
SELECT format('index %s valid %s', pg_get_indexdef(indexrelid), indisvalid)
FROM pg_index JOIN relation ON relation.oid = indexrelid
UNION ALL
SELECT format('function %s kind %s acl %s comment %s', CASE WHEN prokind = 'a' THEN pg_proc.oid::regprocedure::text ELSE pg_get_functiondef(pg_proc.oid) END, prokind,
  (SELECT string_agg(item::text, ' ' ORDER BY item::text) FROM unnest(proacl) item), obj_description(pg_proc.oid, 'pg_proc'))
FROM pg_proc JOIN target ON pronamespace = target.oid
UNION ALL
SELECT format('trigger %s enabled %s', pg_get_triggerdef(pg_trigger.oid), tgenabled)
FROM pg_trigger JOIN relation ON tgrelid = relation.oid WHERE NOT tgisinternal
UNION ALL
SELECT format('foreign trigger %s enabled %s', pg_get_triggerdef(pg_trigger.oid), tgenabled)
FROM pg_trigger JOIN pg_proc ON tgfoid = pg_proc.oid JOIN target ON pronamespace = target.oid
WHERE NOT tgisinternal AND tgrelid NOT IN (SELECT oid FROM relation)
UNION ALL
SELECT format('type %s kind %s base %s not null %s default %s labels %s', pg_type.oid::regtype, typtype,
  CASE WHEN typtype = 'd' THEN format_type(typbasetype, typtypmod) END, typnotnull, typdefault,
  (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
FROM pg_type JOIN target ON typnamespace = target.oid WHERE typtype IN ('d', 'e', 'r')
UNION ALL
SELECT format('domain constraint %s %s %s', contypid::regtype, conname, pg_get_constraintdef(pg_constraint.oid))
FROM pg_constraint JOIN target ON connamespace = target.oid WHERE contypid <> 0 AND contype <> 'n'
UNION ALL
SELECT format('sequence %s type %s start %s increment %s min %s max %s cycle %s', name, seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcycle)
FROM pg_sequence JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT format('policy %s on %s permissive %s command %s roles %s using %s check %s', polname, name, polpermissive, polcmd,
  (SELECT string_agg(CASE WHEN role = 0 THEN 'public' ELSE role::regrole::text END, ',' ORDER BY role) FROM unnest(polroles) role),
  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM pg_policy JOIN relation ON relation.oid = polrelid`;
