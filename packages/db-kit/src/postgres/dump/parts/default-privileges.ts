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
