import { domainRoles } from '@finova/db-kit/postgres';
import type { Client } from 'pg';

/** One thing that keeps a schema right, taken away. */
export interface Mutation {
  /** The rule or right that is gone: `balances_available`. */
  readonly rule: string;
  readonly statement: string;
}

/**
 * Everything that can be taken away from a domain's schema, or given to whom it is not for, read from the catalog: what is
 * added to the schema is mutated as well.
 *
 * @param schema - `transactions`
 * @param partitions - by name: those whose triggers are mutated, too. Others are like these.
 */
export async function readSchemaMutations(
  client: Client,
  schema: string,
  partitions: readonly string[],
): Promise<Mutation[]> {
  const { owner, app, readonly } = domainRoles(schema);
  const { rows } = await client.query<Mutation>(MUTATIONS, [schema, partitions, owner, [app, readonly]]);
  const functions = await client.query<{ name: string; definition: string }>(FUNCTIONS, [schema]);
  return [...rows, ...functions.rows.flatMap(({ name, definition }) => withoutOneRefusal(name, definition))];
}

/** A function once for each of its refusals, without it: what a trigger refuses is as much a rule as a constraint is. */
function withoutOneRefusal(name: string, definition: string): Mutation[] {
  return [...definition.matchAll(/\bRAISE EXCEPTION\b[^;]*;/g)].map((refusal) => {
    const [statement] = refusal;
    const [, message] = /'([^']*)/.exec(statement) ?? [];
    const [, refusedAs] = /CONSTRAINT = '(\w+)'/.exec(statement) ?? /ERRCODE = '(\w+)'/.exec(statement) ?? [];
    const before = definition.slice(0, refusal.index);
    const after = definition.slice(refusal.index + statement.length);
    return { rule: `refusal by ${name}: ${refusedAs}, ${message}`, statement: `${before}NULL;${after}` };
  });
}

const FUNCTIONS = `
  SELECT proname AS name, pg_get_functiondef(pg_proc.oid) AS definition
  FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
  WHERE pronamespace = $1::text::regnamespace AND lanname = 'plpgsql' ORDER BY 1, 2`;

const MUTATIONS = `
  WITH ours AS (
    SELECT pg_class.oid, relname, relispartition FROM pg_class
    WHERE relnamespace = $1::text::regnamespace AND relkind IN ('r', 'p')
  ), columns AS (
    SELECT ours.oid AS table_oid, relname, attnum, attname, attnotnull AND attidentity = '' AS not_null
    FROM ours JOIN pg_attribute ON attrelid = ours.oid WHERE NOT relispartition AND attnum > 0 AND NOT attisdropped
  ), triggers AS (
    SELECT tgname, tgrelid, tgenabled, tgrelid IN (SELECT oid FROM ours WHERE relispartition) AS on_partition
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND tgparentid = 0 AND pronamespace = $1::text::regnamespace
  ), functions AS (
    SELECT oid, proname, prosecdef, proconfig FROM pg_proc WHERE pronamespace = $1::text::regnamespace
  ), rights AS (
    SELECT format('TABLE %s', oid::regclass) AS name, '' AS of_column, relacl AS acl, relnamespace AS schema
    FROM pg_class WHERE NOT relispartition
    UNION ALL
    SELECT format('TABLE %s', pg_class.oid::regclass), format(' (%I)', attname), attacl, relnamespace
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE NOT relispartition AND NOT attisdropped
    UNION ALL
    SELECT format('FUNCTION %s', oid::regprocedure), '', proacl, pronamespace FROM pg_proc
    UNION ALL
    SELECT format('SCHEMA %I', nspname), '', nspacl, oid FROM pg_namespace
  )
  SELECT conname::text AS rule, CASE WHEN contypid <> 0 THEN format('ALTER DOMAIN %s DROP CONSTRAINT %I', contypid::regtype, conname)
    ELSE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) END AS statement
  FROM pg_constraint
  WHERE connamespace = $1::text::regnamespace AND contype NOT IN ('n', 't') AND conparentid = 0 AND conislocal
  UNION ALL
  SELECT format('%s without %s', relname, attname), format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', table_oid::regclass, attname)
  FROM columns WHERE not_null AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = table_oid AND indisprimary AND attnum = ANY (indkey))

  UNION ALL
  SELECT tgname, format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM triggers WHERE NOT on_partition
  UNION ALL
  SELECT tgname, format('ALTER TABLE %s ENABLE TRIGGER %I', tgrelid::regclass, tgname)
  FROM triggers WHERE NOT on_partition AND tgenabled = 'A'
  UNION ALL
  SELECT 'partition ' || tgname, format('ALTER TABLE %s %s TRIGGER %I', tgrelid::regclass, change, tgname)
  FROM pg_trigger JOIN ours ON ours.oid = tgrelid, unnest(ARRAY['DISABLE', 'ENABLE']) AS change
  WHERE NOT tgisinternal AND relname = ANY ($2)
  UNION ALL
  SELECT 'rights of the owner to ' || proname, format('ALTER FUNCTION %s SECURITY INVOKER', oid::regprocedure)
  FROM functions WHERE prosecdef
  UNION ALL
  SELECT 'search path of ' || proname, format('ALTER FUNCTION %s RESET search_path', oid::regprocedure)
  FROM functions, unnest(proconfig) AS setting WHERE setting LIKE 'search\\_path=%'

  UNION ALL
  SELECT privilege_type || ' for ' || grantee::regrole,
    format('REVOKE %s%s ON %s FROM %s', privilege_type, of_column, name, grantee::regrole)
  FROM rights, aclexplode(acl)
  WHERE CASE schema::regnamespace::text
    WHEN $1::text THEN pg_get_userbyid(grantee) = ANY ($4)
    WHEN $1::text || '_migrations' THEN false
    -- What the owner may do in the schemas of others.
    ELSE pg_get_userbyid(grantee) = $3 END
  UNION ALL
  SELECT 'for ' || grantee, format('GRANT %s ON TABLE %s TO %s', wanted, oid::regclass, grantee)
  FROM ours, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS wanted,
    unnest($4::text[]) AS grantee
  WHERE NOT relispartition AND NOT has_table_privilege(grantee, oid, wanted)
  UNION ALL
  SELECT 'for everybody', format('GRANT SELECT ON TABLE %s TO PUBLIC', oid::regclass) FROM ours WHERE NOT relispartition
  UNION ALL
  -- Where some columns were granted, each of the others could have been, by mistake.
  SELECT 'for ' || grantee, format('GRANT %s (%I) ON TABLE %s TO %s', wanted, attname, table_oid::regclass, grantee)
  FROM columns, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS wanted, unnest($4::text[]) AS grantee
  WHERE has_any_column_privilege(grantee, table_oid, wanted) AND NOT has_column_privilege(grantee, table_oid, attnum, wanted)
  UNION ALL
  SELECT 'for everybody', format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', oid::regprocedure) FROM functions
  UNION ALL
  SELECT 'for everybody', format('GRANT USAGE ON TYPE %s TO PUBLIC', oid::regtype)
  FROM pg_type WHERE typnamespace = $1::text::regnamespace AND typtype IN ('d', 'e', 'r')
  UNION ALL
  SELECT 'for everybody', format('GRANT USAGE ON SCHEMA %I TO PUBLIC', $1::text)
  UNION ALL
  SELECT 'for ' || grantee, format('GRANT CREATE ON SCHEMA %I TO %s', $1::text, grantee)
  FROM unnest($4::text[]) AS grantee
  ORDER BY 2`;
