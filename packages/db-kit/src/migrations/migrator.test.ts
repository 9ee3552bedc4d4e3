import { describe, expect, it } from 'vitest';
import { mongoSource, postgresSource, tracedSource } from '../../test/migration-sources.ts';
import { mongoDomain, postgresDomain, type ScratchDomain } from '../../test/scratch-domain.ts';
import { readDomainStatus } from './domain-status.ts';
import {
  IrreversibleMigrationError,
  MigrationFailedError,
  NothingToRepairError,
  UnknownMigrationError,
} from './errors/index.ts';

const [ONE, TWO, THREE] = ['20260301T090000-one', '20260302T090000-two', '20260303T090000-three'] as const;

const engines: [string, (three: boolean) => Promise<ScratchDomain>][] = [
  [
    'PostgreSQL',
    (three) =>
      postgresDomain({
        [`${ONE}.ts`]: tracedSource('one'),
        [`${TWO}.ts`]: tracedSource('two'),
        ...(three ? { [`${THREE}.ts`]: tracedSource('three') } : {}),
      }),
  ],
  [
    'MongoDB',
    (three) =>
      mongoDomain({
        [`${ONE}.ts`]: mongoSource({ name: 'one' }),
        [`${TWO}.ts`]: mongoSource({ name: 'two' }),
        ...(three ? { [`${THREE}.ts`]: mongoSource({ name: 'three' }) } : {}),
      }),
  ],
];

describe.each(engines)('migrating on %s', (_, domainWith) => {
  it('applies what is pending, oldest first, and then nothing', async () => {
    const domain = await domainWith(true);
    expect(await domain.up()).toEqual([ONE, TWO, THREE]);
    expect(await domain.up()).toEqual([]);
    expect(await domain.journal()).toEqual([`${ONE} done`, `${TWO} done`, `${THREE} done`]);
  });

  it('goes up to a migration, and from there to the end', async () => {
    const domain = await domainWith(true);
    expect(await domain.migrate((migrator) => migrator.up({ to: TWO }))).toEqual([ONE, TWO]);
    expect(await domain.migrate((migrator) => migrator.up({ to: ONE }))).toEqual([]);
    expect(await domain.up()).toEqual([THREE]);
  });

  it('goes down by steps, to a migration that stays, and to nothing', async () => {
    const domain = await domainWith(true);
    await domain.up();
    expect(await domain.migrate((migrator) => migrator.down({ steps: 1 }))).toEqual([THREE]);
    expect(await domain.migrate((migrator) => migrator.down({ to: ONE }))).toEqual([TWO]);
    expect(await domain.migrate((migrator) => migrator.down({ steps: 0 }))).toEqual([]);
    expect(await domain.migrate((migrator) => migrator.down('all'))).toEqual([ONE]);
    expect(await domain.journal()).toEqual([]);
    expect(await domain.up()).toEqual([ONE, TWO, THREE]);
  });

  it('refuses a name that is none of its migrations, with one that is', async () => {
    const domain = await domainWith(false);
    const refused = domain.migrate((migrator) => migrator.up({ to: 'two' }));
    await expect(refused).rejects.toThrow(UnknownMigrationError);
    await expect(refused).rejects.toThrow(`a name such as ${TWO}`);
    await expect(domain.migrate((migrator) => migrator.down({ to: 'two' }))).rejects.toThrow(UnknownMigrationError);
    await expect(domain.migrate((migrator) => migrator.settle('two', 'applied'))).rejects.toThrow(
      UnknownMigrationError,
    );
  });

  it('repairs only what is half done', async () => {
    const domain = await domainWith(false);
    await domain.migrate((migrator) => migrator.up({ to: ONE }));
    const repair = (name: string) => domain.migrate((migrator) => migrator.settle(name, 'applied'));
    await expect(repair(ONE)).rejects.toThrow(NothingToRepairError);
    await expect(repair(ONE)).rejects.toThrow(/found it applied/);
    await expect(repair(TWO)).rejects.toThrow(/found it not applied/);
  });

  it('tells what is applied and pending without changing anything', async () => {
    const domain = await domainWith(false);
    const before = await readDomainStatus(domain.options());
    expect(before).toMatchObject({ applied: [], pending: [ONE, TWO] });
    expect(before.server).toContain(` at ${new URL(domain.options().url).host}/`);
    await domain.migrate((migrator) => migrator.up({ to: ONE }));
    const { applied, pending } = await readDomainStatus(domain.options());
    expect(applied.map((row) => row.name)).toEqual([ONE]);
    expect(pending).toEqual([TWO]);
  });

  it('reports each migration as it begins and ends', async () => {
    const domain = await domainWith(false);
    const heard: string[] = [];
    await domain.migrate((migrator) => migrator.up(), {
      hooks: {
        onStart: (name, direction) => heard.push(`${name} ${direction} starts`),
        onDone: (name, direction, durationMs) => heard.push(`${name} ${direction} done ${durationMs > 0}`),
      },
    });
    for (const name of [ONE, TWO]) {
      expect(heard.filter((event) => event.startsWith(name))).toEqual([`${name} up starts`, `${name} up done true`]);
    }
    expect(heard.filter((event) => event.includes(' done '))).toEqual([`${ONE} up done true`, `${TWO} up done true`]);
  });
});

it('reading the status of a database that was never migrated creates nothing in it', async () => {
  const postgres = await postgresDomain({ [`${ONE}.ts`]: tracedSource('one') });
  await readDomainStatus(postgres.options());
  expect(await postgres.query(`SELECT FROM pg_namespace WHERE nspname = 'ledger_migrations'`)).toEqual([]);
  const mongo = await mongoDomain({ [`${ONE}.ts`]: mongoSource({ name: 'one' }) });
  await readDomainStatus(mongo.options());
  expect(await mongo.withDb((db) => db.listCollections().toArray())).toEqual([]);
});

it('a down across a migration that has none is refused before anything is reverted', async () => {
  const irreversible = `export const migration = { async up() {}, irreversible: 'The old codes are gone' };`;
  const domain = await postgresDomain({
    [`${ONE}.ts`]: tracedSource('one'),
    [`${TWO}.ts`]: irreversible,
    [`${THREE}.ts`]: tracedSource('three'),
  });
  await domain.up();
  const refused = domain.migrate((migrator) => migrator.down('all'));
  await expect(refused).rejects.toThrow(IrreversibleMigrationError);
  await expect(refused).rejects.toThrow(`${TWO} of ledger-db cannot be reverted: The old codes are gone`);
  expect(await domain.journal()).toHaveLength(3);
  expect(await domain.migrate((migrator) => migrator.down({ to: TWO }))).toEqual([THREE]);
});

describe('a migration that fails', () => {
  const failing = postgresSource('CREATE TABLE public.half (id uuid); INSERT INTO nowhere VALUES (1)');

  it('is reported with its name, direction, statement, position and cause; those before it stay applied', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: tracedSource('one'),
      [`${TWO}.ts`]: failing,
      [`${THREE}.ts`]: tracedSource('three'),
    });
    const thrown: MigrationFailedError = await domain.up().then(
      () => expect.unreachable(),
      (caught) => caught,
    );
    expect(thrown).toBeInstanceOf(MigrationFailedError);
    expect(thrown).toMatchObject({
      domain: 'ledger-db',
      migration: TWO,
      direction: 'up',
      statement: {
        text: 'CREATE TABLE public.half (id uuid); INSERT INTO nowhere VALUES (1)',
        position: 'CREATE TABLE public.half (id uuid); INSERT INTO '.length + 1,
      },
      cause: { code: '42P01' },
    });
    expect(thrown.message).toContain('relation "nowhere" does not exist');
    expect(thrown.message).toContain('(at character 49)');
    expect(thrown.message).toContain('all of it was rolled back');
    expect(thrown.next).toContain('run the same command again');
    expect(await domain.journal()).toEqual([`${ONE} done`]);
    expect(await domain.query('SELECT mark FROM trace')).toEqual([{ mark: 'one' }]);
  });

  it('is resumed at when it is corrected and the run repeated', async () => {
    const others = { [`${ONE}.ts`]: tracedSource('one'), [`${THREE}.ts`]: tracedSource('three') };
    const domain = await postgresDomain({ ...others, [`${TWO}.ts`]: failing });
    await expect(domain.up()).rejects.toThrow(MigrationFailedError);
    const corrected = await domain.with({ ...others, [`${TWO}.ts`]: tracedSource('two') });
    expect(await corrected.up()).toEqual([TWO, THREE]);
    expect(await domain.query('SELECT mark FROM trace')).toEqual([{ mark: 'one' }, { mark: 'two' }, { mark: 'three' }]);
  });

  it('never shows the value of a parameter', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: `import { sql } from 'kysely';
        export const migration = {
          async up(db: any) {
            await sql\`CREATE TABLE public.people (tax_id text PRIMARY KEY)\`.execute(db);
            await sql\`INSERT INTO people VALUES (\${'DE-4711'}), (\${'DE-4711'})\`.execute(db);
          },
          async down() {},
        };`,
    });
    const thrown = await domain.up().catch((caught) => caught);
    expect(thrown.message).toContain('INSERT INTO people VALUES ($1), ($2)');
    expect(thrown.message).not.toContain('DE-4711');
    expect(JSON.stringify(await domain.query('SELECT error FROM ledger_migrations.history'))).not.toContain('DE-4711');
  });

  it('names no statement when the code failed and not the database', async () => {
    const domain = await postgresDomain({
      [`${ONE}.ts`]: `import { sql } from 'kysely';
        export const migration = {
          async up(db: any) {
            await sql\`SAVEPOINT attempt\`.execute(db);
            await sql\`SELECT 1 / 0\`.execute(db).catch(() => sql\`ROLLBACK TO attempt\`.execute(db));
            throw new Error('no rate for CHF');
          },
          async down() {},
        };`,
    });
    const thrown = await domain.up().catch((caught) => caught);
    expect(thrown).toMatchObject({ statement: undefined, cause: { message: 'no rate for CHF' } });
    expect(thrown.message).not.toContain('SELECT 1 / 0');
  });
});
