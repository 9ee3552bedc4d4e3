import { type DumpPart, TARGET } from '../dump-part.ts';

/** A statement that turns a trigger or rule on or off, where it is not in its usual state. */
function switched(table: string, kind: 'TRIGGER' | 'RULE', name: string, state: string, usual: string): string {
  return `CASE WHEN ${state} <> ${usual} THEN format(E'\\nALTER TABLE ONLY %s %s ${kind} %I;', ${table}::regclass, CASE ${state}
    WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, ${name}) END`;
}

/**
 * A trigger belongs to the schema of its function, wherever its table is: another domain may watch this one's tables.
 * With a function that comes with the server or an extension it belongs to the schema of its table.
 */
export const OUR_TRIGGERS = `(
  SELECT pg_trigger.* FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid
  WHERE NOT tgisinternal AND ${TARGET} = CASE
    WHEN pronamespace = 'pg_catalog'::regnamespace
      OR EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e') THEN relnamespace
    ELSE pronamespace END
)`;

/**
 * A partition has the row triggers of the table it is part of, each in a state of its own: it is made with them, and `ONLY`
 * keeps what is said of that table from reaching its partitions, which some servers would let it do.
 */
export const TRIGGERS: DumpPart = {
  section: 'Triggers',
  query: `
    SELECT format('%s %s', own.tgrelid::regclass, own.tgname) AS name,
      ltrim(concat(CASE WHEN above.oid IS NULL THEN pg_get_triggerdef(own.oid, true) || ';' END,
        ${switched('own.tgrelid', 'TRIGGER', 'own.tgname', 'own.tgenabled', `'O'`)}), E'\\n') AS sql,
      ARRAY['pg_trigger/' || own.oid] AS makes
    FROM ${OUR_TRIGGERS} AS own LEFT JOIN pg_trigger AS above ON above.oid = own.tgparentid
    WHERE above.oid IS NULL OR own.tgenabled <> 'O'`,
};

export const RULES: DumpPart = {
  section: 'Rules',
  query: `
    SELECT format('%s %s', ev_class::regclass, rulename) AS name,
      concat(pg_get_ruledef(pg_rewrite.oid, true), ${switched('ev_class', 'RULE', 'rulename', 'ev_enabled', `'O'`)}) AS sql,
      ARRAY['pg_rewrite/' || pg_rewrite.oid] AS makes
    FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class WHERE relnamespace = ${TARGET} AND rulename <> '_RETURN'`,
};
