import { type DumpPart, TARGET, withOptions } from '../dump-part.ts';
import { COLUMN_CHANGES, COLUMN_LINES, MADE_WITH_COLUMNS } from './columns.ts';
import { IS_INLINE_CONSTRAINT } from './constraints.ts';

const columnNames = (table: string) =>
  `(SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = ${table} AND attnum > 0 AND NOT attisdropped)`;

/**
 * `part_of`: the table that this one is a partition of. `parent`: the same, when this one has its columns in the same
 * order and can be made as a partition; otherwise it is made as a table and attached.
 */
const MEMBERSHIP = `LEFT JOIN LATERAL (
  SELECT inhparent AS part_of FROM pg_inherits WHERE inhrelid = pg_class.oid AND relispartition
) AS membership ON true LEFT JOIN LATERAL (
  SELECT CASE WHEN ${columnNames('part_of')} = ${columnNames('pg_class.oid')} THEN part_of END AS parent
) AS likeness ON true`;

const CONSTRAINT_LINES = `(
  SELECT array_agg(format('  CONSTRAINT %I %s', conname, pg_get_constraintdef(pg_constraint.oid, true)) ORDER BY contype <> 'p', conname)
  FROM pg_constraint WHERE conrelid = pg_class.oid AND ${IS_INLINE_CONSTRAINT})`;

const BOUNDS = 'pg_get_expr(relpartbound, pg_class.oid, true)';

const INHERITANCE = `(SELECT ' INHERITS (' || string_agg(inhparent::regclass::text, ', ' ORDER BY inhseqno) || ')'
  FROM pg_inherits WHERE inhrelid = pg_class.oid AND NOT relispartition)`;

const DEFINITION = `CASE WHEN parent IS NULL
  THEN format(E'(\\n%s\\n)%s', array_to_string(${COLUMN_LINES} || ${CONSTRAINT_LINES}, E',\\n'), ${INHERITANCE})
  ELSE format('PARTITION OF %s%s %s', parent::regclass, E' (\\n' || array_to_string(${CONSTRAINT_LINES}, E',\\n') || E'\\n)', ${BOUNDS})
END`;

const OWNED_SEQUENCES = `(
  SELECT string_agg(format(E'\\nALTER SEQUENCE %s OWNED BY %s.%I;', objid::regclass, pg_class.oid::regclass, attname), '' ORDER BY objid::regclass::text)
  FROM pg_depend JOIN pg_sequence ON seqrelid = objid JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
  WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = pg_class.oid AND deptype = 'a')`;

export const TABLES: DumpPart = {
  section: 'Tables',
  query: `
    SELECT relname AS name, concat(
      format('CREATE %sTABLE %s ', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END, pg_class.oid::regclass), ${DEFINITION},
      CASE relkind WHEN 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(pg_class.oid) END, ${withOptions('reloptions')}, ';',
      CASE WHEN part_of <> 0 AND parent IS NULL
        THEN format(E'\\nALTER TABLE ONLY %s ATTACH PARTITION %s %s;', part_of::regclass, pg_class.oid::regclass, ${BOUNDS}) END,
      ${COLUMN_CHANGES}, ${OWNED_SEQUENCES}) AS sql,
      ARRAY['pg_class/' || pg_class.oid, 'pg_type/' || reltype, 'pg_type/' || (SELECT typarray FROM pg_type WHERE pg_type.oid = reltype)]
        || ${MADE_WITH_COLUMNS} || (
          SELECT coalesce(array_agg('pg_constraint/' || pg_constraint.oid) || array_agg('pg_class/' || conindid), '{}')
          FROM pg_constraint WHERE conrelid = pg_class.oid AND ${IS_INLINE_CONSTRAINT}
        ) AS makes
    FROM pg_class ${MEMBERSHIP}
    WHERE relnamespace = ${TARGET} AND relkind IN ('r', 'p')`,
};

export const REPLICA_IDENTITIES: DumpPart = {
  section: 'Replica identities',
  query: `
    SELECT relname AS name, format('ALTER TABLE ONLY %s REPLICA IDENTITY %s;', pg_class.oid::regclass, CASE relreplident
      WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'USING INDEX ' ||
        (SELECT quote_ident(own.relname) FROM pg_index JOIN pg_class AS own ON own.oid = indexrelid
         WHERE indrelid = pg_class.oid AND indisreplident) END) AS sql, '{}'::text[] AS makes
    FROM pg_class WHERE relnamespace = ${TARGET} AND relkind IN ('r', 'p') AND relreplident <> 'd'`,
};
