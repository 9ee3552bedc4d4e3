import { canBeInline, listOptions } from '../dump-part.ts';
import { SEQUENCE_OPTIONS } from './sequences.ts';

const COLUMNS = `pg_attribute JOIN pg_type AS column_type ON column_type.oid = atttypid
  LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum`;

const IS_COLUMN = 'attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped';

const IDENTITY_OPTIONS = `(
  SELECT ' (' || nullif(ltrim(concat(
    CASE WHEN sequence.relname <> format('%s_%s_seq', pg_class.relname, attname) THEN 'SEQUENCE NAME ' || seqrelid::regclass END,
    ${SEQUENCE_OPTIONS})), '') || ')'
  FROM pg_depend JOIN pg_sequence ON seqrelid = objid JOIN pg_class AS sequence ON sequence.oid = seqrelid
  WHERE classid = 'pg_class'::regclass AND refobjid = attrelid AND refobjsubid = attnum AND deptype = 'i')`;

/** The lines of a table's columns. NOT NULL is a word of its column: as a named constraint only PostgreSQL 18 has it. */
export const COLUMN_LINES = `(
  SELECT array_agg(concat(format('  %I %s', attname, format_type(atttypid, atttypmod)),
    CASE WHEN attcollation <> column_type.typcollation THEN ' COLLATE ' || attcollation::regcollation END,
    CASE
      WHEN attidentity <> '' THEN
        format(' GENERATED %s AS IDENTITY%s', CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, ${IDENTITY_OPTIONS})
      WHEN attgenerated <> '' THEN
        format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(adbin, adrelid, true), CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END)
      WHEN ${canBeInline('pg_attrdef')} THEN ' DEFAULT ' || pg_get_expr(adbin, adrelid, true)
    END,
    CASE WHEN attnotnull THEN ' NOT NULL' END) ORDER BY attnum)
  FROM ${COLUMNS} WHERE ${IS_COLUMN})`;

/** The defaults and sequences that a table's own statement makes. */
export const MADE_WITH_COLUMNS = `(
  SELECT coalesce(array_agg('pg_attrdef/' || pg_attrdef.oid), '{}')
  FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
  WHERE adrelid = pg_class.oid AND (attgenerated <> '' OR ${canBeInline('pg_attrdef')})
) || (
  SELECT coalesce(array_agg('pg_class/' || objid), '{}') FROM pg_depend JOIN pg_sequence ON seqrelid = objid
  WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = pg_class.oid AND deptype = 'i'
)`;

/**
 * What CREATE TABLE cannot say of columns (or only since PostgreSQL 16), and where a partition (of `parent`, when not
 * null) is not as the table it is part of.
 */
export const COLUMN_CHANGES = `(
  SELECT string_agg(format(E'\\nALTER TABLE ONLY %s ALTER COLUMN %I %s;', pg_class.oid::regclass, attname, change), '' ORDER BY attnum, change)
  FROM ${COLUMNS}
    LEFT JOIN LATERAL (
      SELECT above.attnotnull AS is_not_null, above.attstorage AS storage, above.attcompression AS compression,
        pg_get_expr(above_default.adbin, above_default.adrelid, true) AS expression
      FROM pg_attribute AS above
        LEFT JOIN pg_attrdef AS above_default ON above_default.adrelid = above.attrelid AND above_default.adnum = above.attnum
      WHERE above.attrelid = parent AND above.attname = pg_attribute.attname
    ) AS inherited ON true,
    LATERAL unnest(ARRAY[
      CASE WHEN attnotnull AND NOT is_not_null THEN 'SET NOT NULL' END,
      CASE WHEN parent IS NULL OR attgenerated <> '' OR pg_get_expr(adbin, adrelid, true) IS NOT DISTINCT FROM expression THEN NULL
        WHEN adbin IS NULL THEN 'DROP DEFAULT'
        WHEN ${canBeInline('pg_attrdef')} THEN 'SET DEFAULT ' || pg_get_expr(adbin, adrelid, true) END,
      CASE WHEN attstorage <> coalesce(storage, typstorage) THEN 'SET STORAGE ' ||
        CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
      CASE WHEN attcompression <> coalesce(compression, '') THEN 'SET COMPRESSION ' ||
        CASE attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE 'default' END END,
      CASE WHEN attstattarget >= 0 THEN 'SET STATISTICS ' || attstattarget END,
      'SET (' || ${listOptions('attoptions')} || ')'
    ]) AS change
  WHERE ${IS_COLUMN} AND change IS NOT NULL)`;
