import { type DumpPart, TARGET } from '../dump-part.ts';

export const ROW_SECURITY: DumpPart = {
  section: 'Row security',
  query: `
    SELECT relname AS name, concat_ws(E'\\n',
      CASE WHEN relrowsecurity THEN format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', oid::regclass) END,
      CASE WHEN relforcerowsecurity THEN format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', oid::regclass) END) AS sql,
      '{}'::text[] AS makes
    FROM pg_class WHERE relnamespace = ${TARGET} AND (relrowsecurity OR relforcerowsecurity)`,
};

/** The owner is whoever runs the dump. */
const ROLES = `(
  SELECT string_agg(role_name, ', ' ORDER BY role_name) FROM unnest(polroles) AS role, LATERAL (
    SELECT CASE role WHEN 0 THEN 'PUBLIC' WHEN relowner THEN 'CURRENT_USER' ELSE role::regrole::text END AS role_name
  ) AS named)`;

export const POLICIES: DumpPart = {
  section: 'Row security',
  query: `
    SELECT format('%s %s', relname, polname) AS name, concat(format('CREATE POLICY %I ON %s', polname, polrelid::regclass),
      CASE WHEN NOT polpermissive THEN ' AS RESTRICTIVE' END, ' FOR ',
      CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
      ' TO ', ${ROLES}, E'\\n  USING (' || pg_get_expr(polqual, polrelid, true) || ')',
      E'\\n  WITH CHECK (' || pg_get_expr(polwithcheck, polrelid, true) || ')', ';') AS sql,
      ARRAY['pg_policy/' || pg_policy.oid] AS makes
    FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid WHERE relnamespace = ${TARGET}`,
};
