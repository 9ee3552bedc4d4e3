import { type DumpPart, TARGET } from '../dump-part.ts';

/** What is granted on objects yet to be made; after all others, so that it does not change them. */
export const DEFAULT_PRIVILEGES: DumpPart = {
  section: 'Default privileges',
  query: `
    SELECT format('%s %s', objects, grantee) AS name,
      format('ALTER DEFAULT PRIVILEGES%s IN SCHEMA %I GRANT %s ON %s TO %s%s;',
        CASE WHEN defaclrole <> nspowner THEN ' FOR ROLE ' || defaclrole::regrole END, nspname,
        CASE WHEN is_all AND count(*) > 1 THEN 'ALL' ELSE string_agg(privilege_type, ', ' ORDER BY privilege_type) END,
        objects, grantee, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS sql, '{}'::text[] AS makes
    FROM (
      SELECT defaclrole, nspowner, nspname, item.privilege_type, item.is_grantable,
        CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END AS objects,
        CASE item.grantee WHEN 0 THEN 'PUBLIC' WHEN nspowner THEN 'CURRENT_USER' ELSE item.grantee::regrole::text END AS grantee,
        count(*) OVER (PARTITION BY defaclrole, defaclobjtype, item.grantee, item.is_grantable) = (
          SELECT count(*) FROM aclexplode(acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, defaclrole)) AS usual
          WHERE usual.grantee = defaclrole) AS is_all
      FROM pg_default_acl JOIN pg_namespace ON pg_namespace.oid = defaclnamespace, aclexplode(defaclacl) AS item
      WHERE defaclnamespace = ${TARGET}
    ) AS granted
    GROUP BY defaclrole, nspowner, nspname, objects, grantee, is_grantable, is_all`,
};

/**
 * The same for all schemas of the schema's owner, as the difference from what PostgreSQL gives by itself: what PUBLIC may
 * do with functions and types can be taken only so.
 */
export const DEFAULT_PRIVILEGES_OF_OWNER: DumpPart = {
  section: 'Default privileges',
  query: `
    WITH entry AS (
      SELECT defaclobjtype, defaclacl, nspowner AS owner,
        acldefault(CASE defaclobjtype WHEN 'S' THEN 's' ELSE defaclobjtype END, nspowner) AS usual
      FROM pg_default_acl JOIN pg_namespace ON nspowner = defaclrole
      WHERE defaclnamespace = 0 AND pg_namespace.oid = ${TARGET}
    ), given AS (
      SELECT defaclobjtype, owner, item.grantee, item.privilege_type, item.is_grantable FROM entry, aclexplode(defaclacl) AS item
    ), usual AS (
      SELECT defaclobjtype, owner, item.grantee, item.privilege_type, item.is_grantable FROM entry, aclexplode(usual) AS item
    ), change AS (
      SELECT 'GRANT' AS verb, 'TO' AS preposition, * FROM (SELECT * FROM given EXCEPT SELECT * FROM usual) AS added
      UNION ALL
      SELECT 'REVOKE', 'FROM', * FROM (SELECT * FROM usual EXCEPT SELECT * FROM given) AS taken
    )
    SELECT format('* %s %s', objects, grantee_name) AS name,
      format('ALTER DEFAULT PRIVILEGES %s %s ON %s %s %s%s;', verb, string_agg(privilege_type, ', ' ORDER BY privilege_type),
        objects, preposition, grantee_name, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END) AS sql, '{}'::text[] AS makes
    FROM change, LATERAL (SELECT
      CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'n' THEN 'SCHEMAS' ELSE 'TYPES' END AS objects,
      CASE grantee WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'CURRENT_USER' ELSE grantee::regrole::text END AS grantee_name) AS names
    GROUP BY verb, preposition, objects, grantee_name, is_grantable`,
};
