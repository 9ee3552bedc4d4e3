import { canBeInline, type DumpPart, TARGET } from '../dump-part.ts';

/** The name that PostgreSQL gives to the index of a partition when it follows its parent. */
const USUAL_NAME = `format('%s_%s', of_table.relname, CASE contype WHEN 'p' THEN 'pkey' ELSE
  format('%s_%s', (SELECT string_agg(attname, '_' ORDER BY attnum) FROM pg_attribute WHERE attrelid = relid),
    CASE contype WHEN 'u' THEN 'key' WHEN 'x' THEN 'excl' ELSE 'idx' END) END)`;

/**
 * Whether partitions name their share of a partitioned index as PostgreSQL would: they are then made with it. Otherwise
 * (of two that are alike, the second has a number) each is made by its name and attached.
 */
export function isFollowed(index: string): string {
  return `NOT EXISTS (
    SELECT FROM pg_partition_tree(${index}) JOIN pg_index ON indexrelid = relid JOIN pg_class AS own ON own.oid = relid
      JOIN pg_class AS of_table ON of_table.oid = indrelid LEFT JOIN pg_constraint ON conindid = relid AND contype IN ('p', 'u', 'x')
    WHERE level > 0 AND own.relname <> ${USUAL_NAME})`;
}

/**
 * Whether a constraint is part of its table's own statement: foreign keys are not, because tables may refer to each
 * other. What is made as a partition has the checks of its parent already; what is attached must have them before.
 */
export const IS_INLINE_CONSTRAINT = `(
  contype = 'c' AND convalidated AND (coninhcount = 0 OR (relispartition AND parent IS NULL)) AND ${canBeInline('pg_constraint')}
  OR contype IN ('p', 'u', 'x') AND conparentid = 0 AND ${isFollowed('conindid')})`;

export const CHECKS: DumpPart = {
  section: 'Constraints',
  query: `
    SELECT format('%s %s', conrelid::regclass, conname) AS name,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid, true)) AS sql,
      ARRAY['pg_constraint/' || pg_constraint.oid] AS makes
    FROM pg_constraint WHERE connamespace = ${TARGET} AND conrelid <> 0 AND contype = 'c' AND coninhcount = 0
      AND NOT (convalidated AND ${canBeInline('pg_constraint')})`,
};

/** Keys of partitioned tables whose partitions do not follow them, and the keys of those partitions. */
export const KEYS: DumpPart = {
  section: 'Constraints',
  query: `
    SELECT format('%s %s', key.conrelid::regclass, key.conname) AS name,
      concat(format('ALTER TABLE %s%s ADD CONSTRAINT %I %s;', CASE WHEN NOT ${isFollowed('key.conindid')} THEN 'ONLY ' END,
        key.conrelid::regclass, key.conname, pg_get_constraintdef(key.oid, true)),
        CASE WHEN above.conindid <> 0
          THEN format(E'\\nALTER INDEX %s ATTACH PARTITION %s;', above.conindid::regclass, key.conindid::regclass) END) AS sql,
      ARRAY['pg_constraint/' || key.oid, 'pg_class/' || key.conindid] AS makes
    FROM pg_constraint AS key LEFT JOIN pg_constraint AS above ON above.oid = key.conparentid
    WHERE key.connamespace = ${TARGET} AND key.conrelid <> 0 AND key.contype IN ('p', 'u', 'x')
      AND NOT ${isFollowed('coalesce(above.conindid, key.conindid)')}`,
};

export const FOREIGN_KEYS: DumpPart = {
  section: 'Foreign keys',
  query: `
    SELECT format('%s %s', conrelid::regclass, conname) AS name,
      format('ALTER TABLE %s ADD CONSTRAINT %I %s;', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid, true)) AS sql,
      ARRAY['pg_constraint/' || pg_constraint.oid] AS makes
    FROM pg_constraint WHERE connamespace = ${TARGET} AND contype = 'f' AND conparentid = 0`,
};
