/** The sections of a dump in their order; what an object needs is moved before it. */
export const DUMP_SECTIONS = [
  'Schema',
  'Extensions',
  'Types',
  'Sequences',
  'Tables',
  'Constraints',
  'Indexes',
  'Foreign keys',
  'Replica identities',
  'Functions',
  'Defaults',
  'Views',
  'Statistics',
  'Triggers',
  'Rules',
  'Row security',
  'Default privileges',
  'Grants on other schemas',
  'Comments',
] as const;

export type DumpSection = (typeof DUMP_SECTIONS)[number];

/** One object of a dump, with all that belongs to it, as statements that make it. */
export interface DumpStatement {
  readonly section: DumpSection;
  /** What it is sorted by within its section. */
  readonly name: string;
  readonly sql: string;
  /** The catalog rows that it makes, as `pg_class/16402`. */
  readonly makes: readonly string[];
}

/** How the objects of one section are read from the catalog. */
export interface DumpPart {
  readonly section: DumpSection;
  /** Gives `name`, `sql` and `makes` of each object in the schema that `$1` names. */
  readonly query: string;
}

/** The schema's id, in a query. */
export const TARGET = 'to_regnamespace(quote_ident($1))';

/** `fillfactor='70'`: quoted, because a value may be anything. */
export function listOptions(options: string): string {
  return `(SELECT string_agg(format('%s=%L', split_part(item, '=', 1), substring(item FROM strpos(item, '=') + 1)), ', ' ORDER BY position)
    FROM unnest(${options}) WITH ORDINALITY AS option (item, position))`;
}

/** ` WITH (fillfactor='70')` of an array of options, or null. */
export function withOptions(options: string): string {
  return `' WITH (' || ${listOptions(options)} || ')'`;
}

/**
 * Ids of the functions in the schema that need one of its tables or views: as an argument, or in a body that
 * PostgreSQL has parsed. A table cannot name these before it is made.
 */
const FUNCTIONS_OF_TABLES = `(
  WITH RECURSIVE needed AS (
    SELECT oid AS function, 'pg_proc'::regclass::oid AS classid, oid AS objid FROM pg_proc WHERE pronamespace = ${TARGET}
    UNION
    SELECT function, refclassid, refobjid FROM needed JOIN pg_depend USING (classid, objid) WHERE refobjid >= 16384
  )
  SELECT function FROM needed JOIN pg_class ON pg_class.oid = objid
  WHERE classid = 'pg_class'::regclass AND relnamespace = ${TARGET} AND relkind IN ('r', 'p', 'v', 'm')
)`;

/** Whether an expression (of a default or a check) can be part of its table's own statement. */
export function canBeInline(catalog: 'pg_attrdef' | 'pg_constraint'): string {
  return `NOT EXISTS (SELECT FROM pg_depend AS need WHERE need.classid = '${catalog}'::regclass AND need.objid = ${catalog}.oid
    AND need.refclassid = 'pg_proc'::regclass AND need.refobjid IN ${FUNCTIONS_OF_TABLES})`;
}
