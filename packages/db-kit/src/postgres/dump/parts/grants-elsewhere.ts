import { OWN_ROLES } from '../../domain-roles.ts';
import { type DumpPart, TARGET } from '../dump-part.ts';

/** What the roles of the schema's domain may do in the schemas of others; not in that of its own migrator. */
export const GRANTS_ELSEWHERE: DumpPart = {
  section: 'Grants on other schemas',
  query: `
    WITH object AS (
      SELECT oid AS schema, format('SCHEMA %I', nspname) AS name, '' AS columns, nspacl AS acl FROM pg_namespace
      UNION ALL
      SELECT relnamespace, format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass), '', relacl FROM pg_class
      UNION ALL
      SELECT relnamespace, format('TABLE %s', attrelid::regclass), quote_ident(attname), attacl
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
      UNION ALL
      SELECT pronamespace, format('%s %s', CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, oid::regprocedure), '', proacl FROM pg_proc
      UNION ALL
      SELECT typnamespace, format('TYPE %s', oid::regtype), '', typacl FROM pg_type
    ), given AS (
      SELECT name, columns, pg_get_userbyid(item.grantee) AS grantee, item.privilege_type, item.is_grantable
      FROM object, aclexplode(acl) AS item
      WHERE acl IS NOT NULL AND item.grantee <> 0 AND schema <> ${TARGET}
        AND schema IS DISTINCT FROM to_regnamespace(quote_ident($1 || '_migrations'))
    ), privilege AS (
      SELECT name, grantee, is_grantable,
        privilege_type || coalesce(' (' || string_agg(nullif(columns, ''), ', ' ORDER BY columns) || ')', '') AS privilege
      FROM given WHERE grantee::text = ANY (${OWN_ROLES}) GROUP BY name, grantee, is_grantable, columns = '', privilege_type
    )
    SELECT format('%s %s', name, grantee) AS name,
      format('GRANT %s ON %s TO %s%s;', string_agg(privilege, ', ' ORDER BY privilege), name, grantee,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS sql, '{}'::text[] AS makes
    FROM privilege GROUP BY name, grantee, is_grantable`,
};
