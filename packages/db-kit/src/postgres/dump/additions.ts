import { isRoleOfAnother } from '../domain-roles.ts';
import { TARGET } from './dump-part.ts';
import { OUR_TRIGGERS } from './parts/triggers.ts';

/** A statement about an object that another statement makes, and is written below it. */
export interface Addition {
  /** The catalog row of the object: `pg_class/16402`. */
  readonly key: string;
  /** How the object is called in comparisons. */
  readonly name: string;
  readonly sql: string;
}

/**
 * Who may do what, as the difference from what PostgreSQL gives by itself, without what other domains
 * may do: that is in their dumps. The owner is `CURRENT_USER`: whoever runs
 * the dump. `ALL` where it is all that the server's version knows: later ones know more.
 */
export const GRANTS = `
  WITH object AS (
    SELECT 'pg_namespace/' || oid AS key, format('SCHEMA %I', nspname) AS name, nspacl AS acl, nspowner AS owner, 'n' AS kind
    FROM pg_namespace WHERE nspname = $1
    UNION ALL
    SELECT 'pg_class/' || oid, format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass), relacl, relowner,
      CASE relkind WHEN 'S' THEN 's' ELSE 'r' END
    FROM pg_class WHERE relnamespace = ${TARGET} AND relkind IN ('r', 'p', 'v', 'm', 'S')
    UNION ALL
    SELECT 'pg_proc/' || oid, format('%s %s', CASE prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, oid::regprocedure), proacl, proowner, 'f'
    FROM pg_proc WHERE pronamespace = ${TARGET}
    UNION ALL
    SELECT 'pg_type/' || oid, format('TYPE %s', oid::regtype), typacl, typowner, 'T' FROM pg_type WHERE typnamespace = ${TARGET}
  ), given AS (
    SELECT key, name, owner, '' AS columns, item.grantee, item.privilege_type, item.is_grantable
    FROM object, aclexplode(coalesce(acl, acldefault(kind::"char", owner))) AS item
    UNION ALL
    SELECT 'pg_class/' || pg_class.oid, format('TABLE %s', attrelid::regclass), relowner, quote_ident(attname),
      item.grantee, item.privilege_type, item.is_grantable
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid, aclexplode(attacl) AS item
    WHERE relnamespace = ${TARGET} AND NOT attisdropped
  ), usual AS (
    SELECT key, name, owner, '' AS columns, item.grantee, item.privilege_type, item.is_grantable
    FROM object, aclexplode(acldefault(kind::"char", owner)) AS item
  ), change AS (
    SELECT 'GRANT' AS verb, * FROM (SELECT * FROM given EXCEPT SELECT * FROM usual) AS added
    UNION ALL
    SELECT 'REVOKE', * FROM (SELECT * FROM usual EXCEPT SELECT * FROM given) AS taken
  ), privilege AS (
    SELECT verb, key, name, owner, grantee, is_grantable, columns = '' AS is_whole,
      privilege_type || coalesce(' (' || string_agg(nullif(columns, ''), ', ' ORDER BY columns) || ')', '') AS privilege
    FROM change WHERE NOT ${isRoleOfAnother('pg_get_userbyid(grantee)::text')}
    GROUP BY verb, key, name, owner, grantee, is_grantable, columns = '', privilege_type
  ), statement AS (
    SELECT verb, key, name, is_whole, is_grantable, string_agg(privilege, ', ' ORDER BY privilege) AS privileges,
      count(*) > 1 AND count(*) = (SELECT count(*) FROM usual WHERE usual.key = privilege.key AND usual.grantee = privilege.owner) AS is_all,
      CASE grantee WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'CURRENT_USER' ELSE grantee::regrole::text END AS grantee
    FROM privilege GROUP BY verb, key, name, owner, is_whole, grantee, is_grantable
  )
  SELECT key, name, format('%s %s ON %s %s %s%s;', verb, CASE WHEN is_all THEN 'ALL' ELSE privileges END, name,
    CASE verb WHEN 'GRANT' THEN 'TO' ELSE 'FROM' END, grantee, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS sql
  FROM statement ORDER BY verb DESC, grantee, is_whole DESC, is_grantable`;

export const COMMENTS = `
  WITH ours AS (
    SELECT 'pg_namespace'::regclass::oid AS class, oid FROM pg_namespace WHERE nspname = $1
    UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace = ${TARGET}
    UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = ${TARGET}
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = ${TARGET}
    UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE connamespace = ${TARGET}
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxnamespace = ${TARGET}
    UNION ALL SELECT 'pg_policy'::regclass, pg_policy.oid FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid WHERE relnamespace = ${TARGET}
    UNION ALL SELECT 'pg_rewrite'::regclass, pg_rewrite.oid FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE relnamespace = ${TARGET}
    UNION ALL SELECT 'pg_trigger'::regclass, oid FROM ${OUR_TRIGGERS} AS own
  )
  SELECT format('%s/%s', classoid::regclass, objoid) AS key, identity AS name, format('COMMENT ON %s %s IS %L;',
    CASE WHEN type LIKE '% column' THEN 'COLUMN' WHEN type LIKE '% constraint' THEN 'CONSTRAINT'
      WHEN type = 'composite type' THEN 'TYPE' WHEN type = 'statistics object' THEN 'STATISTICS' ELSE upper(type) END,
    CASE WHEN type ~ '^(domain constraint|table constraint|policy|rule|trigger)$'
      THEN regexp_replace(identity, '^("(""|[^"])*"|\\S+) on ', CASE type WHEN 'domain constraint' THEN '\\1 ON DOMAIN ' ELSE '\\1 ON ' END)
      ELSE identity END, description) AS sql
  FROM ours JOIN pg_description ON classoid = class AND objoid = ours.oid, pg_identify_object(classoid, objoid, objsubid)
  ORDER BY objsubid, identity`;
