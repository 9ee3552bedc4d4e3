import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import ts from 'typescript';

/** How a column arrives in TypeScript, by its PostgreSQL type (a domain counts as what it is made of). */
const TYPESCRIPT_TYPES: Readonly<Record<string, string>> = {
  uuid: 'string',
  text: 'string',
  date: 'string',
  daterange: 'string',
  xid8: 'string',
  timestamptz: 'Date',
  int2: 'number',
  int4: 'number',
  int8: 'bigint',
  bool: 'boolean',
  bytea: 'Buffer',
  jsonb: 'object',
};

/**
 * Compares a domain's Kysely interfaces with the migrated database: tables, columns, types, nullability, and which
 * columns may be left out of an insert.
 *
 * @param schemaFile - the file that exports the interface of all tables.
 * @param databaseInterface - that interface's name, such as `AccountsDatabase`.
 * @returns one line per difference; none when the types tell the truth.
 */
export async function findTypeDifferences(
  client: Client,
  schema: string,
  schemaFile: string,
  databaseInterface: string,
): Promise<string[]> {
  const declared = readDeclaredColumns(schemaFile, databaseInterface);
  const live = await readLiveColumns(client, schema);
  const columns = [...new Set([...declared.keys(), ...live.keys()])].sort();
  return columns.flatMap((column) => {
    const [type, database] = [declared.get(column), live.get(column)];
    return type === database
      ? []
      : [`${column}: declared as ${type ?? 'nothing'}, in the database ${database ?? 'nothing'}`];
  });
}

async function readLiveColumns(client: Client, schema: string): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; type: string; nullable: boolean; generated: boolean }>(
    `SELECT format('%s.%s.%s', $1::text, relname, attname) AS name,
       (SELECT typname FROM pg_type WHERE oid = CASE own.typtype WHEN 'd' THEN own.typbasetype ELSE own.oid END) AS type,
       NOT attnotnull AS nullable, atthasdef OR attidentity <> '' AS generated
     FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type AS own ON own.oid = atttypid
     WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped`,
    [schema],
  );
  return new Map(
    rows.map(({ name, type, nullable, generated }) => [
      name,
      describeColumn(TYPESCRIPT_TYPES[type] ?? `(no type for ${type})`, nullable, generated),
    ]),
  );
}

function describeColumn(type: string, nullable: boolean, generated: boolean): string {
  return `${generated ? 'generated ' : ''}${type}${nullable ? ' | null' : ''}`;
}

function readDeclaredColumns(schemaFile: string, databaseInterface: string): Map<string, string> {
  const program = ts.createProgram([schemaFile], compilerOptions(schemaFile));
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(schemaFile);
  const module = source && checker.getSymbolAtLocation(source);
  const database = module && checker.getExportsOfModule(module).find(({ name }) => name === databaseInterface);
  if (database === undefined) {
    throw new Error(`${schemaFile} does not export ${databaseInterface}`);
  }
  const columns = new Map<string, string>();
  for (const table of checker.getDeclaredTypeOfSymbol(database).getProperties()) {
    for (const column of checker.getTypeOfSymbol(table).getProperties()) {
      columns.set(`${table.name}.${column.name}`, describeType(checker, checker.getTypeOfSymbol(column)));
    }
  }
  return columns;
}

/** The options of the workspace, found from the file as the compiler would. */
function compilerOptions(schemaFile: string): ts.CompilerOptions {
  const configFile = ts.findConfigFile(schemaFile, ts.sys.fileExists);
  if (configFile === undefined) {
    throw new Error(`There is no tsconfig.json at or above ${schemaFile}`);
  }
  const { config } = ts.parseConfigFileTextToJson(configFile, readFileSync(configFile, 'utf8'));
  return ts.parseJsonConfigFileContent(
    { ...config, files: [schemaFile], include: [] },
    ts.sys,
    configFile.replace(/[^/]*$/, ''),
  ).options;
}

function describeType(checker: ts.TypeChecker, type: ts.Type): string {
  const generated = type.aliasSymbol?.name === 'Generated';
  const value = generated ? (type.aliasTypeArguments?.[0] ?? type) : type;
  const members = value.isUnion() ? value.types : [value];
  const isNull = (member: ts.Type) => (member.flags & ts.TypeFlags.Null) !== 0;
  const names = new Set(members.filter((member) => !isNull(member)).map((member) => nameOf(checker, member)));
  return describeColumn([...names].join(' | '), members.some(isNull), generated);
}

function nameOf(checker: ts.TypeChecker, type: ts.Type): string {
  const name = checker.typeToString(checker.getBaseTypeOfLiteralType(type));
  if (type.flags & ts.TypeFlags.Object && name !== 'Date' && !name.startsWith('Buffer')) {
    return 'object';
  }
  return name.replace(/<.*>$/, '');
}
