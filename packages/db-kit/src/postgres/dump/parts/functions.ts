import { canBeInline, type DumpPart, TARGET } from '../dump-part.ts';

export const FUNCTIONS: DumpPart = {
  section: 'Functions',
  query: `
    SELECT oid::regprocedure::text AS name, rtrim(pg_get_functiondef(oid), E'\\n') || ';' AS sql, ARRAY['pg_proc/' || oid] AS makes
    FROM pg_proc WHERE pronamespace = ${TARGET} AND prokind <> 'a'`,
};

/** Defaults that call a function which needs a table, and those of views. */
export const DEFAULTS: DumpPart = {
  section: 'Defaults',
  query: `
    SELECT format('%s %s', adrelid::regclass, attname) AS name,
      format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %s;', adrelid::regclass, attname, pg_get_expr(adbin, adrelid, true)) AS sql,
      ARRAY['pg_attrdef/' || pg_attrdef.oid] AS makes
    FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum JOIN pg_class ON pg_class.oid = adrelid
    WHERE relnamespace = ${TARGET} AND attgenerated = '' AND (relkind = 'v' OR NOT (${canBeInline('pg_attrdef')}))`,
};
