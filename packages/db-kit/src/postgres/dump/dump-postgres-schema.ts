import type { Client } from 'pg';
import { type Addition, COMMENTS, GRANTS } from './additions.ts';
import type { DumpStatement } from './dump-part.ts';
import { type Need, orderStatements } from './order-statements.ts';
import { DUMP_PARTS } from './parts/index.ts';
import { refuseUnsupportedObjects } from './unsupported-objects.ts';

/** Ids below are those of what every database has. */
const NEEDS = `
  SELECT format('%s/%s', classid::regclass, objid) AS object, format('%s/%s', refclassid::regclass, refobjid) AS needs
  FROM pg_depend WHERE objid >= 16384 AND refobjid >= 16384 AND NOT (deptype = 'a' AND objid IN (SELECT seqrelid FROM pg_sequence))
  UNION ALL
  -- A sequence goes with the table that owns it, which is made after it: its default may count with it.
  SELECT format('pg_class/%s', refobjid), format('pg_class/%s', objid)
  FROM pg_depend JOIN pg_sequence ON seqrelid = objid WHERE classid = 'pg_class'::regclass AND deptype = 'a'`;

/** Sections with statements of one line each. */
const DENSE_SECTIONS: ReadonlySet<string> = new Set([
  'Schema',
  'Extensions',
  'Sequences',
  'Foreign keys',
  'Indexes',
  'Triggers',
]);

/**
 * Writes everything in a PostgreSQL schema as SQL that makes it again: the same text for the same structure, from every
 * supported version of the server, and whoever owns it. Other schemas that it speaks of must be there when it is run;
 * whoever runs it owns what it makes.
 *
 * @returns the empty string for a schema that does not exist.
 * @throws {UnsupportedObjectsError} when the schema has what a dump cannot hold, such as an aggregate.
 * @throws {CircularObjectsError} when objects need each other.
 *
 * @example
 * await otherClient.query(await dumpPostgresSchema(client, 'accounts'));
 */
export async function dumpPostgresSchema(client: Client, schema: string): Promise<string> {
  const { rows: settings } = await client.query<{ before: string }>(`SELECT current_setting('search_path') AS before`);
  // Names are printed without their schema when the search path finds them: with none, every name is whole.
  await client.query(`SELECT set_config('search_path', 'pg_catalog', false)`);
  try {
    await refuseUnsupportedObjects(client, schema);
    const { rows: needs } = await client.query<Need>(NEEDS);
    const statements = withoutExtensions(await readStatements(client, schema), needs);
    const additions = [
      ...(await client.query<Addition>(GRANTS, [schema])).rows,
      ...(await client.query<Addition>(COMMENTS, [schema])).rows,
    ];
    return render(orderStatements(withAdditions(statements, additions), needs));
  } finally {
    await client.query(`SELECT set_config('search_path', $1, false)`, [settings[0]?.before]);
  }
}

async function readStatements(client: Client, schema: string): Promise<DumpStatement[]> {
  const statements: DumpStatement[] = [];
  for (const { section, query } of DUMP_PARTS) {
    const { rows } = await client.query<Omit<DumpStatement, 'section'>>(query, [schema]);
    statements.push(...rows.map((row) => ({ ...row, section })));
  }
  return statements;
}

/** Leaves out what extensions bring, and the extensions that nothing in the schema needs. */
function withoutExtensions(statements: readonly DumpStatement[], needs: readonly Need[]): DumpStatement[] {
  const extensions = statements.filter(({ section }) => section === 'Extensions');
  const brought = new Set(extensions.flatMap(({ makes }) => makes));
  const own = statements.filter(
    (statement) => !extensions.includes(statement) && !statement.makes.some((key) => brought.has(key)),
  );
  const made = new Set(own.flatMap(({ makes }) => makes));
  const needed = new Set(needs.filter(({ object }) => made.has(object)).map((need) => need.needs));
  return [...extensions.filter(({ makes }) => makes.some((key) => needed.has(key))), ...own];
}

/** Writes grants and comments below what they are about. What a partition has by itself is made by no statement. */
function withAdditions(statements: readonly DumpStatement[], additions: readonly Addition[]): DumpStatement[] {
  const made = new Set(statements.flatMap(({ makes }) => makes));
  const rest = additions.filter(({ key }) => !made.has(key));
  return [
    ...statements.map((statement) => {
      const keys = new Set(statement.makes);
      const own = additions.filter(({ key }) => keys.has(key)).map(({ sql }) => sql);
      return { ...statement, sql: [statement.sql, ...own].join('\n') };
    }),
    ...rest.map(({ name, sql }) => ({ section: 'Comments' as const, name, sql, makes: [] })),
  ];
}

function render(statements: readonly DumpStatement[]): string {
  if (statements.length === 0) {
    return '';
  }
  const text: string[] = [];
  let current: string | undefined;
  for (const { section, sql } of statements) {
    if (section !== current) {
      text.push(`\n-- ${section}\n\n`);
    } else if (!DENSE_SECTIONS.has(section)) {
      text.push('\n');
    }
    current = section;
    text.push(`${sql}\n`);
  }
  // Functions may speak of what comes after them.
  return `SET check_function_bodies = off;\n${text.join('')}\nRESET check_function_bodies;\n`;
}
