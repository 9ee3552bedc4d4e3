import { randomUUID } from 'node:crypto';
import { createPostgresDatabase, withPostgresClient } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  findOwnedByOthers,
  findRightsOfPublic,
  findTracesOfRoles,
  type PostgresTestDatabase,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import type { Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDomainRoles, dropDomainRoles } from '../migrations/frozen/domain-roles.ts';

const AT_ONCE = 20;

/** A database with a schema of a name that no other test has, and with it roles that no other test has. */
interface Bank {
  readonly url: string;
  create(): Promise<void>;
  drop(): Promise<void>;
}

describe('roles of a server with many databases', () => {
  const opened: PostgresTestDatabase[] = [];
  let schema = '';

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.drop()));
    await asSuperuser(testPostgresUrl(), (client) => client.query(`DROP ROLE IF EXISTS ${roles().join(', ')}`));
  });

  const roles = () => ['owner', 'migrator', 'app', 'readonly'].map((role) => `finova_${schema}_${role}`);

  /** @param login - who makes what is there before the roles, and migrates; a superuser where it is left out. */
  async function openBanks(count: number, login?: string): Promise<Bank[]> {
    schema = `shared_${randomUUID().slice(0, 8)}`;
    const banks: Bank[] = [];
    for (let made = 0; made < count; made += 1) {
      const database = await createPostgresTestDatabase(testPostgresUrl());
      opened.push(database);
      await asSuperuser(database.url, async (client) => {
        if (login !== undefined) {
          await client.query(`GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO ${login};
            SET SESSION AUTHORIZATION ${login}`);
        }
        await client.query(`CREATE SCHEMA ${schema}; CREATE SCHEMA ${schema}_migrations;
          CREATE TABLE ${schema}.things (id bigint GENERATED ALWAYS AS IDENTITY, code serial);
          CREATE VIEW ${schema}.seen AS SELECT * FROM ${schema}.things;
          CREATE FUNCTION ${schema}.count() RETURNS bigint LANGUAGE sql AS 'SELECT 1';
          CREATE TYPE ${schema}.colour AS ENUM ('red'); CREATE DOMAIN ${schema}.code AS text;
          CREATE TYPE ${schema}.pair AS (one integer, two integer); CREATE SEQUENCE ${schema}.numbers;
          CREATE TABLE ${schema}_migrations.journal (); CREATE TABLE ${schema}_migrations.history ();
          CREATE TABLE ${schema}_migrations.repeatables ()`);
      });
      const url = new URL(database.url);
      if (login !== undefined) {
        url.username = login;
        url.password = 'of-a-test';
      }
      banks.push({
        url: database.url,
        create: () => inTransaction(url.href, (db) => createDomainRoles(db, schema)),
        drop: () => inTransaction(url.href, (db) => dropDomainRoles(db, schema)),
      });
    }
    return banks;
  }

  /** How many of the four there are. */
  const existing = async (url: string) =>
    (
      await asSuperuser(url, (client) =>
        client.query('SELECT FROM unnest($1::text[]) AS role WHERE to_regrole(role) IS NOT NULL', [roles()]),
      )
    ).rowCount;

  it(`are made once when ${AT_ONCE} databases make them at once, and dropped with the last`, async () => {
    const banks = await openBanks(AT_ONCE);
    await Promise.all(banks.map((bank) => bank.create()));
    const [first, ...others] = banks as [Bank, ...Bank[]];
    expect(await existing(first.url)).toBe(4);
    for (const { url } of banks) {
      const found = await asSuperuser(url, (client) => findRightsOfPublic(client, [schema, `${schema}_migrations`]));
      expect(found).toEqual([]);
    }
    const before = await asSuperuser(first.url, (client) => findTracesOfRoles(client, roles()));

    await Promise.all(others.map((bank) => bank.drop()));
    expect(await existing(first.url)).toBe(4);
    expect(await asSuperuser(first.url, (client) => findTracesOfRoles(client, roles()))).toEqual(before);
    for (const { url } of others) {
      expect(await asSuperuser(url, (client) => findTracesOfRoles(client, roles()))).toEqual([]);
    }
    await first.drop();
    expect(await existing(first.url)).toBe(0);
  });

  it('are there for whoever needs them while others make and drop them', async () => {
    const banks = await openBanks(8);
    await Promise.all(
      banks.map(async (bank) => {
        for (let turn = 0; turn < 6; turn += 1) {
          await bank.create();
          const found = await asSuperuser(bank.url, (client) => findTracesOfRoles(client, roles()));
          expect(found.length).toBeGreaterThan(10);
          await bank.drop();
        }
      }),
    );
    const [last] = banks as [Bank];
    await last.create();
    await last.drop();
    expect(await existing(last.url)).toBe(0);
  });

  it.each([
    ['a member', (app: string) => `CREATE ROLE ${app}_member IN ROLE ${app}`],
    ['a password', (app: string) => `ALTER ROLE ${app} PASSWORD 'of-a-test'`],
    ['a right in a database of somebody else', (app: string) => `GRANT CONNECT ON DATABASE postgres TO ${app}`],
  ])('stay as long as one of them has %s', async (_, use) => {
    const [bank] = (await openBanks(1)) as [Bank];
    const app = roles()[2] ?? '';
    await bank.create();
    await asSuperuser(bank.url, (client) => client.query(use(app)));
    await bank.drop();
    expect(await existing(bank.url)).toBe(4);
    await asSuperuser(bank.url, (client) =>
      client.query(`DROP ROLE IF EXISTS ${app}_member; REVOKE CONNECT ON DATABASE postgres FROM ${app};
        ALTER ROLE ${app} PASSWORD NULL`),
    );
    await bank.create();
    await bank.drop();
    expect(await existing(bank.url)).toBe(0);
  });

  describe('made by somebody who is no superuser', () => {
    const login = `finova_test_${randomUUID().slice(0, 8)}`;
    const alter = (statement: string) => asSuperuser(testPostgresUrl(), (client) => client.query(statement));

    beforeAll(() => alter(`CREATE ROLE ${login} LOGIN PASSWORD 'of-a-test'`));
    afterAll(() => alter(`DROP ROLE ${login}`));

    it('are made with CREATEROLE, and used without it', async () => {
      await alter(`ALTER ROLE ${login} CREATEROLE`);
      const [first, second, third] = (await openBanks(3, login)) as [Bank, Bank, Bank];
      await first.create();
      await alter(`ALTER ROLE ${login} NOCREATEROLE`);
      await second.create();
      await second.drop();
      await second.create();
      const [owner = '', migrator = ''] = roles();
      await asSuperuser(second.url, async (client) => {
        expect(await findOwnedByOthers(client, schema, owner)).toEqual([]);
        expect(await findOwnedByOthers(client, `${schema}_migrations`, migrator)).toEqual([]);
      });
      // Somebody else is asked for: who made them may have the right to give them.
      await alter(`REVOKE ${migrator} FROM ${login} CASCADE; DROP OWNED BY ${login}`);
      await alter(`GRANT CREATE ON DATABASE ${new URL(third.url).pathname.slice(1)} TO ${login}`);
      await expect(third.create()).rejects.toThrow(`GRANT ${migrator} TO ${login}`);
    });

    it('are asked for in words that help where they may not be made', async () => {
      const [bank] = (await openBanks(1, login)) as [Bank];
      const [owner] = roles();
      await expect(bank.create()).rejects.toThrow(`Role ${owner} is missing and ${login} may not make it`);
    });
  });

  it('stay when an administrator made them', async () => {
    const [bank] = (await openBanks(1)) as [Bank];
    const [owner = ''] = roles();
    await asSuperuser(bank.url, (client) => client.query(`CREATE ROLE ${owner}`));
    await bank.create();
    await bank.drop();
    expect(await existing(bank.url)).toBe(4);
  });
});

function asSuperuser<T>(url: string, use: Parameters<typeof withPostgresClient<T>>[1]): Promise<T> {
  return withPostgresClient({ url, applicationName: 'finova tests' }, use);
}

async function inTransaction(
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: what migrations are given is untyped.
  use: (db: Kysely<any>) => Promise<void>,
): Promise<void> {
  const db = createPostgresDatabase({ url, applicationName: 'finova tests', maxConnections: 1 });
  try {
    await db.transaction().execute(use);
  } finally {
    await db.destroy();
  }
}
