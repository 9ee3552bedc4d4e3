import { canBeInline, type DumpPart, TARGET } from '../dump-part.ts';

const MAKES = `ARRAY['pg_type/' || pg_type.oid, 'pg_type/' || pg_type.typarray]`;

export const ENUMS: DumpPart = {
  section: 'Types',
  query: `
    SELECT typname AS name, format('CREATE TYPE %s AS ENUM (%s);', pg_type.oid::regtype,
      (SELECT string_agg(quote_literal(enumlabel), ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid)) AS sql,
      ${MAKES} AS makes
    FROM pg_type WHERE typnamespace = ${TARGET} AND typtype = 'e'`,
};

/** Its checks are part of it, unless they are not validated or need what needs tables. */
const IS_INLINE = `convalidated AND ${canBeInline('pg_constraint')}`;

export const DOMAINS: DumpPart = {
  section: 'Types',
  query: `
    SELECT typname AS name, format('CREATE DOMAIN %s AS %s%s%s%s%s;', pg_type.oid::regtype, format_type(typbasetype, typtypmod),
      CASE WHEN typcollation <> (SELECT base.typcollation FROM pg_type AS base WHERE base.oid = pg_type.typbasetype)
        THEN ' COLLATE ' || typcollation::regcollation END,
      ' DEFAULT ' || typdefault, CASE WHEN typnotnull THEN ' NOT NULL' END,
      string_agg(format(E'\\n  CONSTRAINT %I %s', conname, pg_get_constraintdef(pg_constraint.oid, true)), '' ORDER BY conname)
        FILTER (WHERE conname IS NOT NULL)) AS sql,
      ${MAKES} || array_remove(array_agg('pg_constraint/' || pg_constraint.oid), NULL) AS makes
    FROM pg_type LEFT JOIN pg_constraint ON contypid = pg_type.oid AND contype = 'c' AND ${IS_INLINE}
    WHERE typnamespace = ${TARGET} AND typtype = 'd' GROUP BY pg_type.oid`,
};

export const DOMAIN_CONSTRAINTS: DumpPart = {
  section: 'Constraints',
  query: `
    SELECT format('%s %s', contypid::regtype, conname) AS name,
      format('ALTER DOMAIN %s ADD CONSTRAINT %I %s;', contypid::regtype, conname, pg_get_constraintdef(pg_constraint.oid, true)) AS sql,
      ARRAY['pg_constraint/' || pg_constraint.oid] AS makes
    FROM pg_constraint WHERE connamespace = ${TARGET} AND contypid <> 0 AND contype = 'c' AND NOT (${IS_INLINE})`,
};

export const COMPOSITE_TYPES: DumpPart = {
  section: 'Types',
  query: `
    SELECT pg_type.typname AS name, format(E'CREATE TYPE %s AS (\\n%s\\n);', pg_type.oid::regtype,
      string_agg(format('  %I %s%s', attname, format_type(atttypid, atttypmod),
        CASE WHEN attcollation <> attribute_type.typcollation THEN ' COLLATE ' || attcollation::regcollation END),
        E',\\n' ORDER BY attnum)) AS sql,
      ${MAKES} || ('pg_class/' || pg_type.typrelid) AS makes
    FROM pg_type JOIN pg_class ON pg_class.oid = pg_type.typrelid AND relkind = 'c'
      LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_type AS attribute_type ON attribute_type.oid = atttypid
    WHERE pg_type.typnamespace = ${TARGET} GROUP BY pg_type.oid`,
};

export const RANGES: DumpPart = {
  section: 'Types',
  query: `
    SELECT typname AS name, format('CREATE TYPE %s AS RANGE (subtype = %s, multirange_type_name = %s%s%s%s);', pg_type.oid::regtype,
      format_type(rngsubtype, NULL), rngmultitypid::regtype,
      CASE WHEN NOT opcdefault THEN format(', subtype_opclass = %s.%I', opcnamespace::regnamespace, opcname) END,
      CASE WHEN rngcollation <> (SELECT subtype.typcollation FROM pg_type AS subtype WHERE subtype.oid = rngsubtype)
        THEN ', collation = ' || rngcollation::regcollation END,
      CASE WHEN rngsubdiff <> 0 THEN ', subtype_diff = ' || rngsubdiff::regproc END) AS sql,
      ${MAKES} || ('pg_type/' || rngmultitypid) AS makes
    FROM pg_type JOIN pg_range ON rngtypid = pg_type.oid JOIN pg_opclass ON pg_opclass.oid = rngsubopc
    WHERE typnamespace = ${TARGET}`,
};
