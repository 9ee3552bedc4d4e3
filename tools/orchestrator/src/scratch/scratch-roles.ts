import { domainRoles, withPostgresClient } from '@finova/db-kit/postgres';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** Roles belong to the server, not to a throw-away database: those that it will have made, by domain. */
export type MissingRoles = readonly (readonly string[])[];

const APPLICATION_NAME = 'finova-db scratch';

/** Which roles of the PostgreSQL domains a server does not have yet. */
export async function findMissingRoles(url: string, domains: readonly WorkspaceDomain[]): Promise<MissingRoles> {
  return withPostgresClient({ url, applicationName: APPLICATION_NAME }, async (client) => {
    const missing: string[][] = [];
    for (const { namespace } of domains.filter(({ engine }) => engine === 'postgres')) {
      const { rows } = await client.query<{ role: string }>(
        'SELECT role FROM unnest($1::text[]) AS role WHERE to_regrole(role) IS NULL',
        [Object.values(domainRoles(namespace))],
      );
      missing.push(rows.map(({ role }) => role));
    }
    return missing;
  });
}

/**
 * Drops roles that throw-away databases have made, once these are gone: those of a domain together, and only where
 * nothing on the server uses them. Somebody who migrates the real databases this moment uses them, and is not waited for.
 */
export async function dropScratchRoles(url: string, made: MissingRoles): Promise<void> {
  await withPostgresClient({ url, applicationName: APPLICATION_NAME }, async (client) => {
    for (const roles of made.filter(({ length }) => length > 0)) {
      await client.query(`
        DO $roles$
        BEGIN
          PERFORM set_config('lock_timeout', '100ms', true);
          DROP ROLE IF EXISTS ${roles.map((role) => client.escapeIdentifier(role)).join(', ')};
        EXCEPTION WHEN dependent_objects_still_exist OR object_in_use OR lock_not_available OR insufficient_privilege THEN
          NULL;
        END $roles$`);
    }
  });
}
