import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { postgresSource } from '../../../test/migration-sources.ts';
import { type PostgresScratchDomain, postgresDomain } from '../../../test/scratch-domain.ts';
import { withPostgresClient } from '../../postgres/connect.ts';
import { domainRoles } from '../../postgres/domain-roles.ts';
import { testPostgresUrl } from '../../testing/test-servers.ts';
import { OwnerRefusedError } from '../errors/index.ts';
import { withMigrator } from '../with-migrator.ts';

const { owner, migrator } = domainRoles('ledger');
const STRANGER = 'finova_ledger_stranger';
const MEMBER = 'finova_ledger_member';
const ROLES = [MEMBER, STRANGER, migrator, owner];

const ROLES_MIGRATION = postgresSource(
  `ALTER SCHEMA ledger OWNER TO ${owner}; ALTER SCHEMA ledger_migrations OWNER TO ${migrator};
   ALTER TABLE ledger_migrations.journal OWNER TO ${migrator}; ALTER TABLE ledger_migrations.history OWNER TO ${migrator};
   ALTER TABLE ledger_migrations.runner OWNER TO ${migrator}; ALTER TABLE ledger_migrations.repeatables OWNER TO ${migrator}`,
  'ALTER SCHEMA ledger OWNER TO CURRENT_USER',
  `runsAs: 'session',`,
);

const SOURCES = {
  '20260301T090000-schema.ts': postgresSource('CREATE SCHEMA ledger; CREATE TABLE ledger.before_roles (id integer)'),
  '20260301T091000-roles.ts': ROLES_MIGRATION,
  '20260301T092000-table.ts': postgresSource('CREATE TABLE ledger.made (id integer)', 'DROP TABLE ledger.made'),
};

/** The owner of each table and function of the schema. */
function owners(domain: PostgresScratchDomain): Promise<readonly { name: string; owner: string }[]> {
  return domain.query<{ name: string; owner: string }>(`
    SELECT relname AS name, relowner::regrole::text AS owner FROM pg_class
    WHERE relnamespace = 'ledger'::regnamespace AND relkind = 'r'
    UNION ALL SELECT proname, proowner::regrole::text FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace
    ORDER BY name`);
}

/** The same database, reached as another role. */
function urlOf(domain: PostgresScratchDomain, role: string): string {
  const url = new URL(domain.url);
  url.username = role;
  url.password = 'of-a-test';
  return url.href;
}

describe('a migration where the owner role owns the schema', () => {
  const asSuperuser = (statements: string) =>
    withPostgresClient({ url: testPostgresUrl(), applicationName: 'finova tests' }, (client) =>
      client.query(statements),
    );

  beforeAll(async () => {
    await asSuperuser(`DROP ROLE IF EXISTS ${ROLES.join(', ')};
      CREATE ROLE ${owner}; CREATE ROLE ${migrator} LOGIN PASSWORD 'of-a-test' IN ROLE ${owner};
      CREATE ROLE ${STRANGER} LOGIN PASSWORD 'of-a-test';
      CREATE ROLE ${MEMBER} LOGIN PASSWORD 'of-a-test' IN ROLE ${migrator}`);
  });
  afterAll(() => asSuperuser(`DROP ROLE IF EXISTS ${ROLES.join(', ')}`));

  it('makes what belongs to the owner, and what was made before stays whose it was', async () => {
    const domain = await postgresDomain(SOURCES);
    await domain.up();
    const [user] = await domain.query<{ name: string }>('SELECT current_user AS name');
    expect(await owners(domain)).toEqual([
      { name: 'before_roles', owner: user?.name },
      { name: 'made', owner },
    ]);
  });

  it('does so outside a transaction too', async () => {
    const domain = await postgresDomain({
      ...SOURCES,
      '20260301T093000-apart.ts': postgresSource(
        'CREATE TABLE IF NOT EXISTS ledger.apart (id integer)',
        'DROP TABLE ledger.apart',
        'transaction: false,',
      ),
    });
    await domain.up();
    expect(await owners(domain)).toContainEqual({ name: 'apart', owner });
    await domain.migrate((running) => running.down({ steps: 2 }));
    expect((await owners(domain)).map(({ name }) => name)).toEqual(['before_roles']);
  });

  it('has the rights of the session where it says so', async () => {
    const domain = await postgresDomain({
      ...SOURCES,
      '20260301T093000-extension.ts': postgresSource(
        'CREATE TABLE public.by_session AS SELECT current_user AS name',
        'DROP TABLE public.by_session',
        `runsAs: 'session',`,
      ),
    });
    await domain.up();
    expect(await domain.query('SELECT name = session_user AS own FROM public.by_session')).toEqual([{ own: true }]);
  });

  it('has no rights that the owner has not', async () => {
    const domain = await postgresDomain({
      ...SOURCES,
      '20260301T093000-too-far.ts': postgresSource('SET LOCAL session_replication_role = replica'),
    });
    await expect(domain.up()).rejects.toThrow(/permission denied to set parameter/);
  });

  it('cannot touch the records, and leaves no role behind for the next', async () => {
    const domain = await postgresDomain({
      ...SOURCES,
      '20260301T093000-forge.ts': postgresSource('DELETE FROM ledger_migrations.journal'),
    });
    await expect(domain.up()).rejects.toThrow(/permission denied for schema ledger_migrations/);
    const next = await domain.with({
      ...SOURCES,
      '20260301T093000-leave.ts': postgresSource(`SET ROLE ${owner}`),
      '20260301T094000-after.ts': postgresSource(
        'CREATE TABLE public.after AS SELECT current_user AS name',
        'DROP TABLE public.after',
        `runsAs: 'session',`,
      ),
    });
    await next.up();
    expect(await domain.query('SELECT name = session_user AS own FROM public.after')).toEqual([{ own: true }]);
  });

  it.each([
    ['the migrator', migrator],
    ['a member of the migrator', MEMBER],
  ])('is run by %s, who is no superuser, with its repeatables, down and up again', async (_, role) => {
    const domain = await postgresDomain(SOURCES);
    const folder = `${domain.domain.migrationsFolder}-repeatables`;
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await mkdir(folder);
    const write = (amount: number) =>
      writeFile(
        join(folder, 'price.sql'),
        `CREATE OR REPLACE FUNCTION ledger.price() RETURNS integer LANGUAGE sql AS 'SELECT ${amount}'`,
      );
    await write(1);
    await domain.migrate((running) => running.up({ to: '20260301T091000-roles' }));
    const options = { ...domain.options({ url: urlOf(domain, role) }) };
    const migrate = { ...options, domain: { ...domain.domain, repeatablesFolder: folder } };
    await withMigrator(migrate, (running) => running.up());
    expect(await owners(domain)).toEqual(
      expect.arrayContaining([
        { name: 'made', owner },
        { name: 'price', owner },
      ]),
    );
    await write(2);
    await withMigrator(migrate, (running) => running.up());
    await withMigrator(migrate, (running) => running.down({ steps: 1 }));
    expect((await owners(domain)).map(({ name }) => name)).toEqual(['before_roles']);
    await withMigrator(migrate, (running) => running.up());
    expect(await domain.query('SELECT ledger.price()')).toEqual([{ price: 2 }]);
  });

  it('is refused to others, in words that help, and changes nothing', async () => {
    const domain = await postgresDomain(SOURCES);
    await domain.migrate((running) => running.up({ to: '20260301T091000-roles' }));
    const refused = domain.up({ url: urlOf(domain, STRANGER) });
    await expect(refused).rejects.toThrow(OwnerRefusedError);
    await expect(refused).rejects.toMatchObject({ next: expect.stringContaining(`GRANT ${migrator} TO ${STRANGER}`) });
    expect(await domain.journal()).toHaveLength(2);
  });

  it('is refused to who may keep the records and not become the owner', async () => {
    const domain = await postgresDomain(SOURCES);
    await domain.migrate((running) => running.up({ to: '20260301T091000-roles' }));
    await domain.query(`GRANT USAGE ON SCHEMA ledger_migrations TO ${STRANGER};
      GRANT ALL ON ALL TABLES IN SCHEMA ledger_migrations TO ${STRANGER}`);
    await expect(domain.up({ url: urlOf(domain, STRANGER) })).rejects.toThrow(OwnerRefusedError);
    expect((await domain.history()).at(-1)).toBe('20260301T092000-table up failed');
  });
});
