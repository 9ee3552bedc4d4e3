import type { DumpPart } from '../dump-part.ts';

export const SCHEMA: DumpPart = {
  section: 'Schema',
  query: `
    SELECT nspname AS name, format('CREATE SCHEMA %I;', nspname) AS sql, ARRAY['pg_namespace/' || oid] AS makes
    FROM pg_namespace WHERE nspname = $1`,
};

/** All extensions of the database, with what they bring: those that the schema needs are dumped. */
export const EXTENSIONS: DumpPart = {
  section: 'Extensions',
  query: `
    SELECT extname AS name, format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I;', extname, nspname) AS sql,
      (SELECT array_agg(format('%s/%s', classid::regclass, objid)) FROM pg_depend
       WHERE refclassid = 'pg_extension'::regclass AND refobjid = pg_extension.oid AND deptype = 'e') AS makes
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname <> 'plpgsql' AND $1::text <> ''`,
};
