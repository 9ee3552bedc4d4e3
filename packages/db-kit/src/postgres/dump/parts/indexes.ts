import { type DumpPart, listOptions, TARGET } from '../dump-part.ts';
import { isFollowed } from './constraints.ts';

const IS_OF_CONSTRAINT = `EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))`;

const DEFINITION = `CASE WHEN ${isFollowed('indexrelid')}
  THEN regexp_replace(pg_get_indexdef(indexrelid, 0, true), ' ON ONLY ', ' ON ') ELSE pg_get_indexdef(indexrelid, 0, true) END`;

export const INDEXES: DumpPart = {
  section: 'Indexes',
  query: `
    SELECT format('%s %s', indrelid::regclass, relname) AS name, concat(${DEFINITION}, ';', CASE WHEN inhparent <> 0
        THEN format(E'\\nALTER INDEX %s ATTACH PARTITION %s;', inhparent::regclass, indexrelid::regclass) END) AS sql,
      ARRAY['pg_class/' || indexrelid] AS makes
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid LEFT JOIN pg_inherits ON inhrelid = indexrelid
    WHERE relnamespace = ${TARGET} AND NOT ${IS_OF_CONSTRAINT} AND (inhparent IS NULL OR NOT ${isFollowed('inhparent')})`,
};

/** pg_get_constraintdef leaves them out. */
export const OPTIONS_OF_KEYS: DumpPart = {
  section: 'Indexes',
  query: `
    SELECT format('%s %s', indrelid::regclass, relname) AS name,
      format('ALTER INDEX %s SET (%s);', indexrelid::regclass, ${listOptions('reloptions')}) AS sql, '{}'::text[] AS makes
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = ${TARGET} AND reloptions IS NOT NULL AND ${IS_OF_CONSTRAINT}`,
};
