import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { errorMessage, isPostgresError, SqlState } from '../errors/index.ts';
import { readDomain } from '../migrations/domain-manifest.ts';
import type { MigrationDomain } from '../migrations/migration.ts';
import { withMigrator } from '../migrations/with-migrator.ts';
import { withPostgresClient } from '../postgres/connect.ts';
import { type DomainRoles, domainRoles } from '../postgres/domain-roles.ts';
import { createPostgresTestDatabase, type PostgresTestDatabase } from './postgres-test-database.ts';
import { asRole, findOwnedByOthers, findRightsOfPublic, findTracesOfRoles } from './role-rights.ts';
import { TEST_IDENTITY } from './test-identity.ts';
import { testPostgresUrl } from './test-servers.ts';

/** A statement that a role tries, in a transaction that is rolled back. */
export type RoleAttempt = readonly [
  role: keyof DomainRoles,
  verdict: 'may' | 'may not',
  what: string,
  statement: string,
];

/**
 * What the roles of a PostgreSQL domain promise, as tests on a real server: everything belongs to the owner, PUBLIC has
 * nothing, what is made later is right by itself, each role may do what it may and nothing else, and `down` leaves no
 * trace of them in its database and nothing missing in others.
 *
 * @param folder - the domain package: `…/packages/accounts-db`.
 * @param sharedWith - folders of PostgreSQL domains of the same database that this one stands on, in their order.
 * @param prepare - statements that make rows for the attempts, run by a superuser.
 *
 * @example
 * describeDomainRoles(PACKAGE, [], [['app', 'may not', 'delete a customer', 'DELETE FROM accounts.customers']]);
 */
export function describeDomainRoles(
  folder: string,
  sharedWith: readonly string[],
  attempts: readonly RoleAttempt[],
  prepare: (client: Client) => Promise<unknown> = async () => {},
): void {
  describe('roles', () => {
    let domains: readonly MigrationDomain[];
    let domain: MigrationDomain;
    let roles: DomainRoles;
    let database: PostgresTestDatabase;
    const asSuperuser = <T>(use: (client: Client) => Promise<T>, url = database.url) =>
      withPostgresClient({ url, applicationName: 'finova tests' }, use);

    beforeAll(async () => {
      domain = await readDomain(folder);
      domains = [...(await Promise.all(sharedWith.map(readDomain))), domain];
      roles = domainRoles(domain.namespace);
      database = await createPostgresTestDatabase(testPostgresUrl(), domains);
      await asSuperuser(prepare);
    });
    afterAll(() => database?.drop());

    it('have no rights over the server; nobody logs in as the owner', async () => {
      const { rows } = await asSuperuser((client) =>
        client.query(
          `SELECT rolname AS name, rolcanlogin AS "canLogIn" FROM pg_roles WHERE rolname = ANY ($1)
             AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) ORDER BY rolname`,
          [Object.values(roles)],
        ),
      );
      expect(rows).toEqual(
        [roles.app, roles.migrator, roles.owner, roles.readonly].map((name) => ({
          name,
          canLogIn: name !== roles.owner,
        })),
      );
    });

    it('own everything: the owner the schema, the migrator its records', async () => {
      expect(await asSuperuser((client) => findOwnedByOthers(client, domain.namespace, roles.owner))).toEqual([]);
      const records = `${domain.namespace}_migrations`;
      expect(await asSuperuser((client) => findOwnedByOthers(client, records, roles.migrator))).toEqual([]);
    });

    it('leave PUBLIC nothing', async () => {
      const schemas = [domain.namespace, `${domain.namespace}_migrations`];
      expect(await asSuperuser((client) => findRightsOfPublic(client, schemas))).toEqual([]);
    });

    it('have the right rights to what a later migration makes', async () => {
      const { namespace } = domain;
      await asRole(database.url, roles.migrator, async (client) => {
        await client.query(`BEGIN; SET LOCAL ROLE ${roles.owner};
          CREATE TABLE ${namespace}.made_later (id integer);
          CREATE FUNCTION ${namespace}.made_later() RETURNS integer LANGUAGE sql AS 'SELECT 1';
          CREATE PROCEDURE ${namespace}.made_later_too() LANGUAGE sql AS 'SELECT 1';
          CREATE DOMAIN ${namespace}.made_later_type AS text`);
        expect(await findRightsOfPublic(client, [namespace])).toEqual([]);
        const { rows } = await client.query<Record<string, boolean>>(`SELECT
          has_table_privilege('${roles.app}', '${namespace}.made_later', 'SELECT') AS app_reads,
          has_table_privilege('${roles.readonly}', '${namespace}.made_later', 'SELECT') AS readonly_reads,
          has_table_privilege('${roles.app}', '${namespace}.made_later', 'INSERT, UPDATE, DELETE, TRUNCATE') AS app_writes,
          has_function_privilege('${roles.app}', '${namespace}.made_later()', 'EXECUTE') AS app_executes`);
        expect(rows).toEqual([{ app_reads: true, readonly_reads: true, app_writes: false, app_executes: false }]);
      });
    });

    it.each(attempts)('%s %s %s', async (role, verdict, _what, statement) => {
      const refusal = await asRole(database.url, roles[role], (client) => attempt(client, statement));
      if (verdict === 'may') {
        expect(refusal && errorMessage(refusal)).toBeUndefined();
      } else {
        expect(isPostgresError(refusal, [SqlState.insufficientPrivilege]), String(refusal)).toBe(true);
      }
    });

    it('go with down from their database, and stay in others of the same server', async () => {
      const going = await createPostgresTestDatabase(testPostgresUrl(), domains);
      onTestFinished(() => going.drop());
      const migrate = { domain, url: going.url, identity: TEST_IDENTITY, lockTimeoutMs: 10_000 };
      const traces = (url: string) => asSuperuser((client) => findTracesOfRoles(client, Object.values(roles)), url);
      const before = await traces(database.url);
      expect(before).not.toEqual([]);
      await withMigrator(migrate, (migrator) => migrator.down('all'));
      expect(await traces(going.url)).toEqual([]);
      expect(await traces(database.url)).toEqual(before);
      await withMigrator(migrate, (migrator) => migrator.up());
      expect(await traces(going.url)).toEqual(before);
    });
  });
}

/** What the server says against a statement, or nothing. */
async function attempt(client: Client, statement: string): Promise<unknown> {
  await client.query('BEGIN');
  const refusal = await client.query(statement).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await client.query('ROLLBACK');
  return refusal;
}
