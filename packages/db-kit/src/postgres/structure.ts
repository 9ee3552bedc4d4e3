import type { Client } from 'pg';
import { isRoleOfAnother, OWN_ROLES } from './domain-roles.ts';

/** One line per object of a schema, sorted: equal structures give equal lines. */
export type Structure = readonly string[];

/**
 * Describes everything in a PostgreSQL schema as sorted lines: tables, columns, constraints, indexes, functions,
 * triggers, rules, views, types, sequences, statistics, policies, grants and comments. Says what the catalog holds, not
 * how it got there, so two databases with equal lines behave alike.
 *
 * @param schema - `accounts`; a schema that does not exist has no lines.
 */
export async function describePostgresStructure(client: Client, schema: string): Promise<Structure> {
  const { rows: settings } = await client.query<{ before: string }>(`SELECT current_setting('search_path') AS before`);
  // Names are printed without their schema when the search path finds them: with none, every name is whole.
  await client.query(`SELECT set_config('search_path', 'pg_catalog', false)`);
  try {
    const { rows } = await client.query<{ line: string }>(STRUCTURE_QUERY, [schema]);
    return rows.map(({ line }) => line).sort();
  } finally {
    await client.query(`SELECT set_config('search_path', $1, false)`, [settings[0]?.before]);
  }
}

/**
 * Grants in one order, the owner's first whatever its name, without those to other domains: these are in the lines of
 * their own schemas.
 */
function items(acl: string, owner: string): string {
  return `(SELECT string_agg(item::text, ' ' ORDER BY split_part(item::text, '=', 1) = pg_get_userbyid(${owner}) DESC, item::text)
    FROM unnest(${acl}) AS item
    WHERE NOT ${isRoleOfAnother(`split_part(item::text, '=', 1)`)})`;
}

/** What was never granted or revoked is NULL in the catalog and means the default. */
function grants(acl: string, kind: string, owner: string): string {
  return items(`coalesce(${acl}, acldefault(${kind}, ${owner}))`, owner);
}

const STRUCTURE_QUERY = `
WITH target AS (SELECT * FROM pg_namespace WHERE nspname = $1),
relation AS (
  SELECT pg_class.*, pg_class.oid::regclass::text AS name FROM pg_class JOIN target ON relnamespace = target.oid
)
SELECT format('schema %s owner %s grants %s comment %s', nspname, nspowner::regrole, ${grants('nspacl', `'n'`, 'nspowner')},
  obj_description(oid, 'pg_namespace')) AS line
FROM target
UNION ALL
SELECT format('default grants on %s by %s: %s', defaclobjtype, defaclrole::regrole,
  ${items('defaclacl', 'defaclrole')})
FROM pg_default_acl JOIN target ON defaclnamespace = target.oid
UNION ALL
SELECT format('default grants in all schemas on %s by %s: %s', defaclobjtype, defaclrole::regrole,
  ${items('defaclacl', 'defaclrole')})
FROM pg_default_acl JOIN target ON defaclrole = nspowner WHERE defaclnamespace = 0
UNION ALL
-- What the domain's roles may do in the schemas of others.
SELECT format('grant on %s %s', object, item)
FROM (
  SELECT oid AS schema, format('schema %I', nspname) AS object, nspacl AS acl FROM pg_namespace
  UNION ALL SELECT relnamespace, format('relation %s', oid::regclass), relacl FROM pg_class
  UNION ALL SELECT relnamespace, format('column %s.%I', attrelid::regclass, attname), attacl
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
  UNION ALL SELECT pronamespace, format('function %s', oid::regprocedure), proacl FROM pg_proc
  UNION ALL SELECT typnamespace, format('type %s', oid::regtype), typacl FROM pg_type
) AS elsewhere, unnest(acl) AS item
WHERE schema NOT IN (SELECT oid FROM target) AND split_part(item::text, '=', 1) = ANY (${OWN_ROLES})
UNION ALL
SELECT format('relation %s owner %s kind %s persistence %s options %s replica identity %s partition %s of %s row security %s/%s grants %s comment %s',
  name, relowner::regrole, relkind, relpersistence, reloptions, relreplident, pg_get_expr(relpartbound, oid),
  (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = relation.oid),
  relrowsecurity, relforcerowsecurity,
  ${grants('relacl', `CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char"`, 'relowner')}, obj_description(oid, 'pg_class'))
FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
UNION ALL
SELECT format('partitioning %s %s', name, pg_get_partkeydef(oid)) FROM relation WHERE relkind = 'p'
UNION ALL
SELECT format('view %s %s', name, pg_get_viewdef(oid)) FROM relation WHERE relkind IN ('v', 'm')
UNION ALL
SELECT format('column %s.%s position %s type %s not null %s default %s identity %s generated %s collation %s storage %s compression %s grants %s comment %s',
  name, attname, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), format_type(atttypid, atttypmod), attnotnull,
  pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation, attstorage, attcompression,
  ${items('attacl', 'relowner')}, col_description(attrelid, attnum))
FROM relation JOIN pg_attribute ON attrelid = relation.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'f', 'c', 'v', 'm')
UNION ALL
SELECT format('constraint %s %s %s validated %s comment %s', coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text),
  conname, pg_get_constraintdef(pg_constraint.oid), convalidated, obj_description(pg_constraint.oid, 'pg_constraint'))
FROM pg_constraint JOIN target ON connamespace = target.oid
-- PostgreSQL 18 lists NOT NULL as a constraint too; older ones, and the columns above, say it without.
WHERE contype <> 'n'
UNION ALL
SELECT format('index %s valid %s comment %s', pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class'))
FROM pg_index JOIN relation ON relation.oid = indexrelid
UNION ALL
SELECT format('function %s owner %s kind %s grants %s comment %s',
  CASE prokind WHEN 'a' THEN pg_proc.oid::regprocedure::text ELSE pg_get_functiondef(pg_proc.oid) END, proowner::regrole, prokind,
  ${grants('proacl', `'f'`, 'proowner')}, obj_description(pg_proc.oid, 'pg_proc'))
FROM pg_proc JOIN target ON pronamespace = target.oid
UNION ALL
-- Triggers of this schema's tables, and those that its functions have on the tables of others; without those that the
-- functions of other domains have on its own.
SELECT format('trigger %s enabled %s comment %s', pg_get_triggerdef(pg_trigger.oid), tgenabled,
  obj_description(pg_trigger.oid, 'pg_trigger'))
FROM pg_trigger
WHERE NOT tgisinternal
  AND (tgrelid IN (SELECT oid FROM relation) OR tgfoid IN (SELECT pg_proc.oid FROM pg_proc JOIN target ON pronamespace = target.oid))
  AND NOT EXISTS (SELECT FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE pg_proc.oid = tgfoid AND nspname <> $1 AND to_regnamespace(quote_ident(nspname || '_migrations')) IS NOT NULL)
UNION ALL
SELECT format('rule %s enabled %s', pg_get_ruledef(pg_rewrite.oid), ev_enabled)
FROM pg_rewrite JOIN relation ON relation.oid = ev_class WHERE rulename <> '_RETURN'
UNION ALL
SELECT format('statistics %s', pg_get_statisticsobjdef(pg_statistic_ext.oid))
FROM pg_statistic_ext JOIN target ON stxnamespace = target.oid
UNION ALL
SELECT format('type %s kind %s base %s not null %s default %s labels %s subtype %s grants %s comment %s', pg_type.oid::regtype, typtype,
  CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END, typnotnull, typdefault,
  (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid),
  (SELECT rngsubtype::regtype FROM pg_range WHERE rngtypid = pg_type.oid),
  ${grants('typacl', `'T'`, 'typowner')}, obj_description(pg_type.oid, 'pg_type'))
FROM pg_type JOIN target ON typnamespace = target.oid
WHERE typtype IN ('d', 'e', 'r') OR (typtype = 'c' AND typrelid IN (SELECT oid FROM relation WHERE relkind = 'c'))
UNION ALL
SELECT format('sequence %s type %s start %s increment %s min %s max %s cycle %s cache %s', name, seqtypid::regtype, seqstart,
  seqincrement, seqmin, seqmax, seqcycle, seqcache)
FROM pg_sequence JOIN relation ON relation.oid = seqrelid
UNION ALL
SELECT format('policy %s on %s permissive %s command %s roles %s using %s check %s', polname, name, polpermissive, polcmd,
  (SELECT string_agg(CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END, ',' ORDER BY role) FROM unnest(polroles) AS role),
  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
FROM pg_policy JOIN relation ON relation.oid = polrelid`;
