import { type DumpPart, TARGET, withOptions } from '../dump-part.ts';

export const VIEWS: DumpPart = {
  section: 'Views',
  query: `
    SELECT relname AS name, concat('CREATE ', CASE relkind WHEN 'm' THEN 'MATERIALIZED ' END, 'VIEW ', pg_class.oid::regclass,
      ${withOptions('reloptions')}, E' AS\\n', rtrim(pg_get_viewdef(pg_class.oid, true), ';'),
      CASE WHEN relkind = 'm' AND NOT relispopulated THEN E'\\n  WITH NO DATA' END, ';') AS sql,
      ARRAY['pg_class/' || pg_class.oid, 'pg_type/' || reltype, 'pg_type/' || (SELECT typarray FROM pg_type WHERE pg_type.oid = reltype),
        'pg_rewrite/' || pg_rewrite.oid] AS makes
    FROM pg_class JOIN pg_rewrite ON ev_class = pg_class.oid AND rulename = '_RETURN'
    WHERE relnamespace = ${TARGET} AND relkind IN ('v', 'm')`,
};

export const STATISTICS: DumpPart = {
  section: 'Statistics',
  query: `
    SELECT stxname AS name, concat(pg_get_statisticsobjdef(oid), ';',
      CASE WHEN stxstattarget >= 0 THEN format(E'\\nALTER STATISTICS %I.%I SET STATISTICS %s;', $1::text, stxname, stxstattarget) END) AS sql,
      ARRAY['pg_statistic_ext/' || oid] AS makes
    FROM pg_statistic_ext WHERE stxnamespace = ${TARGET}`,
};
