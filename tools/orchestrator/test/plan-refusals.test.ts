import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { actAsOwner, UnknownMigrationError } from '@finova/db-kit/migrations';
import { describe, expect, it } from 'vitest';
import { type PlanOptions, plan } from '../src/commands/plan.ts';
import { up } from '../src/commands/up.ts';
import { RequirementPendingError, ScratchBuildFailedError } from '../src/plan/plan-errors.ts';
import { renderScript } from '../src/plan/render-script.ts';
import { DependencyPendingError } from '../src/run/run-errors.ts';
import { createScratchRun, type ScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

const schema = postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema');
const table = postgresMigration('CREATE TABLE $schema.two (id integer)', 'DROP TABLE $schema.two');
const requiring = (source: string, ...ids: readonly string[]) =>
  source.replace('export const migration = {', `export const migration = { requires: ${JSON.stringify(ids)},`);

async function planOf(run: ScratchRun, options?: PlanOptions) {
  const { migrations, failures } = await plan(await run.context(), options);
  return { ids: migrations.map(({ domain, name }) => `${domain}/${name}`), migrations, failures };
}

/** Puts a repeatable beside a domain's migrations, or takes it away. */
async function writeRepeatable(run: ScratchRun, domain: string, file: string, text: string | undefined): Promise<void> {
  const folder = join(run.workspace.folder, 'packages', domain, 'repeatables');
  await mkdir(folder, { recursive: true });
  await (text === undefined ? rm(join(folder, file)) : writeFile(join(folder, file), text));
}

describe('plan, where up would not do all of it', () => {
  it('refuses a target that does not exist', async () => {
    const run = await createScratchRun({ 'cards-db': { engine: 'postgres', migrations: { [`${ONE}.ts`]: schema } } });
    await expect(planOf(run, { to: `cards-db/${TWO}` })).rejects.toThrow(UnknownMigrationError);
  });

  it('names what a domain stands on and the run leaves out, and leaves out what stands on that domain', async () => {
    const run = await createScratchRun({
      'cards-db': { engine: 'postgres', migrations: { [`${ONE}.ts`]: schema } },
      'holders-db': { engine: 'postgres', dependsOn: ['cards-db'], migrations: { [`${ONE}.ts`]: schema } },
      'letters-db': {
        engine: 'mongodb',
        dependsOn: ['holders-db'],
        migrations: { [`${ONE}.ts`]: mongoMigration('a') },
      },
    });
    const options = { domains: ['holders-db', 'letters-db'], includeDependencies: false };
    const { ids, failures } = await planOf(run, options);
    expect(ids).toEqual([]);
    expect(failures).toEqual([{ domain: 'holders-db', error: expect.any(DependencyPendingError) }]);
    const outcomes = await up(await run.context(), options);
    expect([...outcomes].map(([domain, { state }]) => `${domain} ${state}`)).toEqual([
      'holders-db failed',
      'letters-db skipped',
    ]);
  });

  it('names a requirement that lies behind the target', async () => {
    const run = await createScratchRun({
      'cards-db': {
        engine: 'postgres',
        migrations: { [`${ONE}.ts`]: requiring(schema, `mails-db/${ONE}`), [`${TWO}.ts`]: table },
      },
      'mails-db': {
        engine: 'mongodb',
        migrations: {
          [`${ONE}.ts`]: mongoMigration('mails'),
          [`${TWO}.ts`]: requiring(mongoMigration('letters'), `cards-db/${TWO}`),
        },
      },
    });
    const { ids, failures } = await planOf(run, { to: `cards-db/${ONE}` });
    expect(failures).toEqual([{ domain: 'mails-db', error: expect.any(RequirementPendingError) }]);
    // As up does: the domain that stands on nothing that is missing is not held up by another's trouble of later.
    const outcomes = await up(await run.context(), { to: `cards-db/${ONE}` });
    expect([...outcomes].flatMap(([domain, { applied }]) => applied.map((name) => `${domain}/${name}`))).toEqual(ids);
  });

  it('shows nothing of a migration that failed, nor of those that did not run because of it', async () => {
    const run = await createScratchRun({
      'cards-db': {
        engine: 'postgres',
        migrations: { [`${ONE}.ts`]: schema, [`${TWO}.ts`]: postgresMigration('SELECT 1 / 0', 'SELECT 1') },
      },
      'holders-db': { engine: 'postgres', dependsOn: ['cards-db'], migrations: { [`${ONE}.ts`]: schema } },
      'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
    });
    const { migrations, failures } = await planOf(run, { sql: true });
    expect(failures).toEqual([{ domain: 'cards-db', error: expect.objectContaining({ migration: TWO }) }]);
    expect(
      migrations.filter(({ statements }) => statements !== undefined).map(({ domain, name }) => `${domain} ${name}`),
    ).toEqual([`cards-db ${ONE}`, `mails-db ${ONE}`]);
    expect(renderScript(migrations)).toContain(
      `-- cards-db/${TWO} (postgres, one transaction)\n-- not known: it did not get to its end on a throw-away database\n`,
    );
  });

  it('says so when what is applied cannot be applied again', async () => {
    const run = await createScratchRun({
      'cards-db': {
        engine: 'postgres',
        migrations: {
          [`${ONE}.ts`]: postgresMigration(
            'CREATE SCHEMA $schema; SELECT 1 / (SELECT count(*) FROM public.made_by_hand)',
            'DROP SCHEMA $schema',
          ),
        },
      },
    });
    await run.withClient((client) => client.query('CREATE TABLE public.made_by_hand AS SELECT 1'));
    await up(await run.context());
    await run.workspace.writeMigration('cards-db', `${TWO}.ts`, table);
    expect((await planOf(run)).ids).toEqual([`cards-db/${TWO}`]);
    await expect(planOf(run, { sql: true })).rejects.toThrow(ScratchBuildFailedError);
  });

  it('builds what applied migrations require of domains that the plan is not about', async () => {
    const run = await createScratchRun({
      'cards-db': { engine: 'postgres', migrations: { [`${ONE}.ts`]: requiring(schema, `mails-db/${ONE}`) } },
      'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
    });
    await up(await run.context());
    await run.workspace.writeMigration('cards-db', `${TWO}.ts`, table);
    const { ids, migrations, failures } = await planOf(run, { domains: ['cards-db'], sql: true });
    expect(failures).toEqual([]);
    expect(ids).toEqual([`cards-db/${TWO}`]);
    expect(migrations[0]?.statements).toHaveLength(1);
  });

  it('marks what is half done, and shows only the steps that are left', async () => {
    const source = `export const migration = { irreversible: 'A test', steps: [
      { name: 'first', async up(db) { await db.createCollection('first'); } },
      { name: 'second', async up(db) {
        if ((await db.listCollections({ name: 'obstacle' }).toArray()).length > 0) throw new Error('Not yet');
        await db.createCollection('second');
      } },
    ] };`;
    const run = await createScratchRun({ 'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: source } } });
    await run.withDb('mails-db', (db) => db.createCollection('obstacle'));
    await up(await run.context());
    const { migrations } = await planOf(run, { sql: true });
    expect(migrations).toMatchObject([
      {
        isHalfDone: true,
        statements: [{ command: { listCollections: 1 } }, { step: 'second', command: { create: 'second' } }],
      },
    ]);
    expect(renderScript(migrations)).toContain(`// mails-db/${ONE} (mongodb, step by step, half done)`);
  });
});

describe('plan with repeatables', () => {
  const holders = {
    'cards-db': { engine: 'postgres', migrations: { [`${ONE}.ts`]: schema } },
    'holders-db': {
      engine: 'postgres',
      dependsOn: ['cards-db'],
      migrations: { [`${ONE}.ts`]: schema, [`${TWO}.ts`]: table },
    },
  } as const;
  const asOwner = (run: ScratchRun) => `${actAsOwner(run.workspace.namespace('cards-db'), 'transaction')};`;
  const price = (run: ScratchRun, argument: string) =>
    `CREATE OR REPLACE FUNCTION ${run.workspace.namespace('cards-db')}.price(${argument}) RETURNS integer LANGUAGE sql AS 'SELECT 1';`;

  it('puts them behind the migrations of their domain, and before what depends on it', async () => {
    const run = await createScratchRun(holders);
    await writeRepeatable(run, 'cards-db', 'price.sql', price(run, ''));
    const { ids, migrations } = await planOf(run, { sql: true });
    expect(ids).toEqual([`cards-db/${ONE}`, 'cards-db/repeatables/price', `holders-db/${ONE}`, `holders-db/${TWO}`]);
    expect(renderScript(migrations)).toContain(
      `-- cards-db/repeatables/price (postgres, one transaction)\nBEGIN;\n${asOwner(run)}\n${price(run, '')}\nCOMMIT;\n`,
    );
    await up(await run.context(), { to: `holders-db/${ONE}` });
    await writeRepeatable(run, 'cards-db', 'price.sql', price(run, 'bigint'));
    expect((await planOf(run)).ids).toEqual(['cards-db/repeatables/price', `holders-db/${TWO}`]);
  });

  it('shows what a new text, or one that is gone, drops', async () => {
    const run = await createScratchRun(holders);
    const name = `${run.workspace.namespace('cards-db')}.price`;
    await writeRepeatable(run, 'cards-db', 'price.sql', price(run, ''));
    await up(await run.context());
    await writeRepeatable(run, 'cards-db', 'price.sql', price(run, 'bigint'));
    expect(renderScript((await planOf(run, { sql: true })).migrations)).toContain(
      `BEGIN;\n${asOwner(run)}\n${price(run, 'bigint')}\nDROP function ${name}();\nCOMMIT;`,
    );
    await writeRepeatable(run, 'cards-db', 'price.sql', undefined);
    expect(renderScript((await planOf(run, { sql: true })).migrations)).toContain(
      `BEGIN;\n${asOwner(run)}\nDROP function ${name}();\nCOMMIT;`,
    );
  });

  it('leaves them out while a migration of their domain stays pending', async () => {
    const run = await createScratchRun(holders);
    await writeRepeatable(run, 'holders-db', 'nothing.sql', 'SELECT 1;');
    expect((await planOf(run, { to: `holders-db/${ONE}` })).ids).toEqual([`cards-db/${ONE}`, `holders-db/${ONE}`]);
  });
});
