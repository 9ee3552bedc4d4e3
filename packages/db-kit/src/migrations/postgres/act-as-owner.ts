import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { isPostgresError, SqlState } from '../../errors/index.ts';
import { domainRoles } from '../../postgres/domain-roles.ts';
import { OwnerRefusedError } from '../errors/index.ts';
import type { MigrationDomain } from '../migration.ts';

/**
 * The statement that makes a session act as the role that owns the domain's schema, so that what a migration makes
 * belongs to it, whoever migrates. It does nothing, and returns no row, where that role does not own the schema (yet).
 *
 * @param until - the end of the transaction, or {@link ACT_AS_ONESELF}.
 */
export function actAsOwner(schema: string, until: 'transaction' | 'session'): string {
  return actAs(schema, domainRoles(schema).owner, until);
}

/** The same for the role that owns the migrator's own tables of a domain. */
export function actAsMigrator(schema: string): string {
  return actAs(`${schema}_migrations`, domainRoles(schema).migrator, 'transaction');
}

/** Gives the session back what it began with. */
export const ACT_AS_ONESELF = 'RESET ROLE';

/** Of a schema only its owner may pass on every right without having been given it, which is what the server is asked. */
function actAs(ownedSchema: string, role: string, until: 'transaction' | 'session'): string {
  const asName = (identifier: string) => escapeLiteral(escapeIdentifier(identifier));
  // Without a table to look into: it is asked before every migration, and planning that takes longer than the answer.
  return (
    `SELECT set_config('role', ${escapeLiteral(role)}, ${until === 'transaction'}) AS role WHERE has_schema_privilege(` +
    `to_regrole(${asName(role)}), to_regnamespace(${asName(ownedSchema)}), 'CREATE WITH GRANT OPTION')`
  );
}

/** What the server refused because the session is no member of the domain's roles, as an error that says so. */
export async function explainRefusal(client: Client, domain: MigrationDomain, thrown: unknown): Promise<unknown> {
  if (!isPostgresError(thrown, [SqlState.insufficientPrivilege])) {
    return thrown;
  }
  const { owner, migrator } = domainRoles(domain.namespace);
  // Membership that one may not act by exists since PostgreSQL 16.
  const { rows } = await client
    .query<{ user: string; is_member: boolean }>(
      `SELECT session_user AS user, pg_has_role(session_user, nspowner,
         CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) AS is_member
       FROM pg_namespace WHERE nspname = $1 AND pg_get_userbyid(nspowner) = $2`,
      [domain.namespace, owner],
    )
    .catch(() => ({ rows: [] }));
  const [found] = rows;
  return found === undefined || found.is_member
    ? thrown
    : new OwnerRefusedError({ domain: domain.name, owner, migrator, user: found.user, cause: thrown });
}
