import { type DumpPart, TARGET } from '../dump-part.ts';

/** The options of a sequence that are not the usual ones, each after a space. */
export const SEQUENCE_OPTIONS = `concat(
  CASE WHEN seqincrement <> 1 THEN ' INCREMENT BY ' || seqincrement END,
  CASE WHEN seqmin <> 1 THEN ' MINVALUE ' || seqmin END,
  CASE WHEN seqmax <> CASE seqtypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 ELSE 9223372036854775807 END
    THEN ' MAXVALUE ' || seqmax END,
  CASE WHEN seqstart <> 1 THEN ' START WITH ' || seqstart END,
  CASE WHEN seqcache <> 1 THEN ' CACHE ' || seqcache END,
  CASE WHEN seqcycle THEN ' CYCLE' END)`;

/** Those of identity columns are part of their tables. */
export const SEQUENCES: DumpPart = {
  section: 'Sequences',
  query: `
    SELECT relname AS name, format('CREATE %sSEQUENCE %s AS %s%s;', CASE relpersistence WHEN 'u' THEN 'UNLOGGED ' END,
      pg_class.oid::regclass, seqtypid::regtype, ${SEQUENCE_OPTIONS}) AS sql, ARRAY['pg_class/' || pg_class.oid] AS makes
    FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relnamespace = ${TARGET}
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'i')`,
};
