import type { Client } from 'pg';
import { withPostgresClient } from '../postgres/connect.ts';

/**
 * Connects as a role, as if it had logged in: `session_user` is it too.
 *
 * @param url - a superuser's URL of the database.
 *
 * @example
 * await asRole(database.url, 'finova_accounts_app', (client) => client.query('SELECT …'));
 */
export function asRole<T>(url: string, role: string, use: (client: Client) => Promise<T>): Promise<T> {
  return withPostgresClient({ url, applicationName: 'finova tests' }, async (client) => {
    await client.query(`SET SESSION AUTHORIZATION ${client.escapeIdentifier(role)}`);
    return use(client);
  });
}

/**
 * Everything that PUBLIC, and so everybody who can connect, may do in these schemas: one line per right, none where all
 * was taken. What PostgreSQL gives by itself, such as executing a function, counts.
 *
 * @example
 * expect(await findRightsOfPublic(client, ['accounts', 'accounts_migrations'])).toEqual([]);
 */
export async function findRightsOfPublic(client: Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `WITH object AS (
       SELECT oid AS schema, 'schema ' || nspname AS name, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM pg_namespace
       UNION ALL
       SELECT relnamespace, 'relation ' || oid::regclass, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))
       FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
       UNION ALL
       SELECT relnamespace, format('column %s.%I', attrelid::regclass, attname), attacl
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE attacl IS NOT NULL AND NOT attisdropped
       UNION ALL
       SELECT pronamespace, 'function ' || oid::regprocedure, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc
       UNION ALL
       -- Types of tables and arrays have no rights of their own.
       SELECT typnamespace, 'type ' || pg_type.oid::regtype, coalesce(typacl, acldefault('T', typowner))
       FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid WHERE typtype IN ('d', 'e', 'r') OR relkind = 'c'
     )
     SELECT format('%s: %s', name, privilege_type) AS line FROM object, aclexplode(acl)
     WHERE grantee = 0 AND schema IN (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1)) ORDER BY 1`,
    [schemas],
  );
  return rows.map(({ line }) => line);
}

/** Everything in a schema, and the schema, that does not belong to a role: none where all does. */
export async function findOwnedByOthers(client: Client, schema: string, role: string): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `WITH object AS (
       SELECT oid AS schema, 'schema ' || nspname AS name, nspowner AS owner FROM pg_namespace
       UNION ALL SELECT relnamespace, 'relation ' || oid::regclass, relowner FROM pg_class
       UNION ALL SELECT pronamespace, 'function ' || oid::regprocedure, proowner FROM pg_proc
       UNION ALL SELECT typnamespace, 'type ' || oid::regtype, typowner FROM pg_type
     )
     SELECT format('%s: %s', name, owner::regrole) AS line FROM object
     WHERE schema = to_regnamespace(quote_ident($1)) AND pg_get_userbyid(owner) <> $2 ORDER BY 1`,
    [schema, role],
  );
  return rows.map(({ line }) => line);
}

/** How often the connected database names each of these roles as owner or in a grant: none where it has no trace. */
export async function findTracesOfRoles(client: Client, roles: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(
    `SELECT format('%s: %s', rolname, pg_describe_object(classid, objid, objsubid)) AS line
     FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
     WHERE refclassid = 'pg_authid'::regclass AND rolname = ANY ($1)
       AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1`,
    [roles],
  );
  return rows.map(({ line }) => line);
}
