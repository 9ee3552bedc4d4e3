import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postgresSource } from '../../test/migration-sources.ts';
import { type PostgresScratchDomain, postgresDomain } from '../../test/scratch-domain.ts';
import { readDomainStatus } from './domain-status.ts';
import { withMigrator } from './with-migrator.ts';

const FIRST = '20260301T090000-first';
const SECOND = '20260302T090000-second';
const THIRD = '20260303T090000-third';

const price = (amount: number) =>
  `CREATE OR REPLACE FUNCTION ledger.price() RETURNS integer LANGUAGE sql AS 'SELECT ${amount}';`;

/** A domain on PostgreSQL whose repeatables can be rewritten. */
async function domainWith(texts: Readonly<Record<string, string>>, migrations: Readonly<Record<string, string>> = {}) {
  const domain = await postgresDomain({
    [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger', 'DROP SCHEMA ledger'),
    ...migrations,
  });
  const folder = `${domain.domain.migrationsFolder}-repeatables`;
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const write = async (files: Readonly<Record<string, string | undefined>>) => {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await (text === undefined ? rm(join(folder, name)) : writeFile(join(folder, name), text));
    }
  };
  await write(texts);
  return { ...withFolder(domain, folder), write };
}

function withFolder(scratch: PostgresScratchDomain, repeatablesFolder: string) {
  const options = () => ({ ...scratch.options(), domain: { ...scratch.domain, repeatablesFolder } });
  return {
    ...scratch,
    options,
    migrate: ((use) => withMigrator(options(), use)) as PostgresScratchDomain['migrate'],
    up: () => withMigrator(options(), (migrator) => migrator.up()),
    price: async () => (await scratch.query<{ price: number }>('SELECT ledger.price()'))[0]?.price,
    functions: async () =>
      (
        await scratch.query<{ name: string }>(
          `SELECT proname AS name FROM pg_proc WHERE pronamespace = to_regnamespace('ledger') ORDER BY 1`,
        )
      ).map(({ name }) => name),
    with: async (sources: Readonly<Record<string, string>>) =>
      withFolder({ ...scratch, ...(await scratch.with(sources)) }, repeatablesFolder),
  };
}

describe('repeatables', () => {
  it('are applied after the migrations, and again only when their text changed', async () => {
    const domain = await domainWith({ 'price.sql': price(1) });
    await domain.up();
    expect(await domain.price()).toBe(1);
    await domain.up();
    await domain.write({ 'price.sql': `${price(1)}\r\n` });
    await domain.up();
    await domain.write({ 'price.sql': price(2) });
    expect((await readDomainStatus(domain.options())).pendingRepeatables).toEqual(['price']);
    await domain.up();
    expect(await domain.price()).toBe(2);
    expect(await domain.history()).toEqual([
      `${FIRST} up succeeded`,
      'repeatables/price repeatable succeeded',
      'repeatables/price repeatable succeeded',
    ]);
  });

  it('run in the order of their names, all or none', async () => {
    const domain = await domainWith({
      'a-base.sql': 'CREATE OR REPLACE VIEW ledger.base AS SELECT 1 AS one',
      'b-top.sql': 'CREATE OR REPLACE VIEW ledger.top AS SELECT one FROM ledger.base',
    });
    await domain.up();
    await domain.write({
      'a-base.sql': 'CREATE OR REPLACE VIEW ledger.base AS SELECT 1 AS one, 2 AS two',
      'b-top.sql': 'broken',
    });
    await expect(domain.up()).rejects.toThrow(/repeatables\/b-top .*syntax error.*no repeatable was changed/);
    expect(await domain.query('SELECT * FROM ledger.base')).toEqual([{ one: 1 }]);
  });

  it('go back with the migration after which they came, to the text before it', async () => {
    const domain = await domainWith({ 'price.sql': price(1) });
    await domain.up();
    const later = await domain.with({
      [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger', 'DROP SCHEMA ledger'),
      [`${SECOND}.ts`]: postgresSource('CREATE TABLE ledger.prices (amount integer)', 'DROP TABLE ledger.prices'),
    });
    await domain.write({
      'price.sql': `CREATE OR REPLACE FUNCTION ledger.price() RETURNS integer LANGUAGE sql AS 'SELECT max(amount) FROM ledger.prices'`,
      'prices-view.sql': 'CREATE OR REPLACE VIEW ledger.all_prices AS SELECT * FROM ledger.prices',
    });
    await later.up();
    await domain.query('INSERT INTO ledger.prices VALUES (7)');
    expect(await later.price()).toBe(7);

    await later.migrate((migrator) => migrator.down({ steps: 1 }));
    expect(await later.price()).toBe(1);
    expect(await domain.query(`SELECT to_regclass('ledger.all_prices') AS view`)).toEqual([{ view: null }]);

    await later.migrate((migrator) => migrator.down('all'));
    expect(await domain.query(`SELECT to_regnamespace('ledger') AS schema`)).toEqual([{ schema: null }]);
  });

  it('stay as they are when a migration is reverted that came after them', async () => {
    const domain = await domainWith({ 'price.sql': price(1) });
    await domain.up();
    const later = await domain.with({
      [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger', 'DROP SCHEMA ledger'),
      [`${SECOND}.ts`]: postgresSource('SELECT 1'),
      [`${THIRD}.ts`]: postgresSource('SELECT 1'),
    });
    await later.up();
    await later.migrate((migrator) => migrator.down({ steps: 2 }));
    expect(await later.price()).toBe(1);
    expect((await domain.history()).filter((line) => line.includes('repeatable'))).toHaveLength(1);
  });

  it('go back outside a transaction too', async () => {
    const outside = postgresSource('SELECT 1', 'SELECT 1', 'transaction: false,');
    const domain = await domainWith({ 'price.sql': price(1) }, {});
    await domain.up();
    const later = await domain.with({
      [`${FIRST}.ts`]: postgresSource('CREATE SCHEMA ledger', 'DROP SCHEMA ledger'),
      [`${SECOND}.ts`]: outside,
    });
    await domain.write({ 'price.sql': price(2) });
    await later.up();
    expect(await later.price()).toBe(2);
    await later.migrate((migrator) => migrator.down({ steps: 1 }));
    expect(await later.price()).toBe(1);
  });

  it('drop what an older text made and the newer does not', async () => {
    const domain = await domainWith({
      'price.sql': `${price(1)} CREATE OR REPLACE FUNCTION ledger.helper() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
    });
    await domain.up();
    expect(await domain.functions()).toEqual(['helper', 'price']);
    await domain.write({ 'price.sql': price(1) });
    await domain.up();
    expect(await domain.functions()).toEqual(['price']);
  });

  it('are dropped with their file, and the history says so', async () => {
    const domain = await domainWith({ 'price.sql': price(1) });
    await domain.up();
    await domain.write({ 'price.sql': undefined });
    await domain.up();
    expect(await domain.functions()).toEqual([]);
    expect(await domain.history()).toContain('repeatables/price repeatable succeeded');
  });

  it('are applied again when something they made is gone', async () => {
    const domain = await domainWith({ 'price.sql': price(1) });
    await domain.up();
    await domain.query('DROP FUNCTION ledger.price()');
    await domain.up();
    expect(await domain.price()).toBe(1);
  });

  it('wait while migrations are pending: they are written for the newest tables', async () => {
    const domain = await domainWith(
      {
        'price.sql': `CREATE OR REPLACE FUNCTION ledger.price() RETURNS integer LANGUAGE sql AS 'SELECT amount FROM ledger.prices'`,
      },
      { [`${SECOND}.ts`]: postgresSource('CREATE TABLE ledger.prices (amount integer)', 'DROP TABLE ledger.prices') },
    );
    await domain.migrate((migrator) => migrator.up({ to: FIRST }));
    expect(await domain.functions()).toEqual([]);
    await domain.up();
    expect(await domain.functions()).toEqual(['price']);
  });

  it('keep triggers on their functions', async () => {
    const domain = await domainWith(
      {
        'stamp.sql': `CREATE OR REPLACE FUNCTION ledger.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.amount := 9; RETURN NEW; END';
          CREATE OR REPLACE TRIGGER stamp BEFORE INSERT ON ledger.prices FOR EACH ROW EXECUTE FUNCTION ledger.stamp()`,
      },
      { [`${SECOND}.ts`]: postgresSource('CREATE TABLE ledger.prices (amount integer)', 'DROP TABLE ledger.prices') },
    );
    await domain.up();
    expect(await domain.query('INSERT INTO ledger.prices VALUES (1) RETURNING amount')).toEqual([{ amount: 9 }]);
    await domain.migrate((migrator) => migrator.down('all'));
    expect(await domain.query(`SELECT to_regnamespace('ledger') AS schema`)).toEqual([{ schema: null }]);
  });

  it('cannot end the transaction they run in', async () => {
    const domain = await domainWith({ 'price.sql': `COMMIT; ${price(1)}` });
    await expect(domain.up()).rejects.toThrow(/ended the transaction/);
  });

  it('are refused when they are misnamed or empty', async () => {
    const domain = await domainWith({ 'Price.sql': price(1) });
    await expect(domain.up()).rejects.toThrow(/Price\.sql of ledger-db is misnamed: expected <kebab-name>\.sql/);
    await domain.write({ 'Price.sql': undefined, 'price.sql': ' \n' });
    await expect(domain.up()).rejects.toThrow(/price\.sql of ledger-db is empty/);
  });
});
