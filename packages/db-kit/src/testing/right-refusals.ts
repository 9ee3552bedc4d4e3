import { domainRoles } from '../postgres/domain-roles.ts';
import { expectRows, type Refusal } from './refusal.ts';

/** Whoever may refer to a table, or put a trigger on it, can keep its owner from changing it. */
const WRITES = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];

/**
 * What holds for the rights of every PostgreSQL domain: PUBLIC has none; readers read tables, and write, execute and make
 * nothing; the application makes nothing either, and writes no table as a whole, but columns that are named.
 *
 * @param schema - `accounts`
 */
export function rightRefusals(schema: string): Refusal[] {
  const { app, readonly } = domainRoles(schema);
  const nothing = (what: string, role: string, kind: Kind, rights: readonly string[]): Refusal => [
    what,
    expectRows(
      0,
      `SELECT FROM unnest('{${rights}}'::text[]) AS rights (wanted), LATERAL (SELECT ${held(schema, kind, role)}) AS holdings (is_held)
       WHERE is_held`,
    ),
    undefined,
  ];
  return [
    nothing('a table that is open to everybody', 'public', 'table', ['SELECT', ...WRITES]),
    nothing('a function that is open to everybody', 'public', 'function', ['EXECUTE']),
    nothing('a type that is open to everybody', 'public', 'type', ['USAGE']),
    nothing('a schema that is open to everybody', 'public', 'schema', ['USAGE', 'CREATE']),
    nothing('a table that readers may write', readonly, 'table', WRITES),
    nothing('a function that readers may execute', readonly, 'function', ['EXECUTE']),
    nothing('a schema in which readers may make things', readonly, 'schema', ['CREATE']),
    nothing('a whole table that the application may write', app, 'whole table', WRITES),
    nothing('a schema in which the application may make things', app, 'schema', ['CREATE']),
  ];
}

type Kind = 'table' | 'whole table' | 'function' | 'type' | 'schema';

/** For each thing of a kind, whether the role has the right `wanted` to it; for a table, to a column of it. */
function held(schema: string, kind: Kind, role: string): string {
  const tables = `FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')`;
  return {
    table: `CASE WHEN wanted IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN has_table_privilege('${role}', oid, wanted)
      ELSE has_any_column_privilege('${role}', oid, wanted) END ${tables}`,
    'whole table': `has_table_privilege('${role}', oid, wanted) ${tables}`,
    function: `has_function_privilege('${role}', oid, wanted) FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace`,
    // Types of tables and arrays have no rights of their own.
    type: `has_type_privilege('${role}', oid, wanted)
      FROM pg_type WHERE typnamespace = '${schema}'::regnamespace AND typtype IN ('d', 'e', 'r')`,
    schema: `has_schema_privilege('${role}', oid, wanted) FROM pg_namespace WHERE nspname = '${schema}'`,
  }[kind];
}
