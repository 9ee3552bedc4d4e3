import { describe, expect, it } from 'vitest';
import { baseline } from '../src/commands/baseline.ts';
import { explainHalfDone, repair } from '../src/commands/repair.ts';
import { status } from '../src/commands/status.ts';
import { up } from '../src/commands/up.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-create-things';
const TWO = '20260102T000000-index-things';

const things = postgresMigration(
  'CREATE SCHEMA $schema; CREATE TABLE $schema.things AS SELECT 1 AS id FROM generate_series(1, 2)',
  'DROP SCHEMA $schema CASCADE',
);
const uniqueIndex = postgresMigration(
  'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS things_id ON $schema.things (id)',
  'DROP INDEX CONCURRENTLY IF EXISTS $schema.things_id',
).replace('export const migration = {', 'export const migration = { transaction: false,');

describe('what is half done', () => {
  it('on PostgreSQL is explained with its error and what it left, and settled by its owner alone', async () => {
    const run = await createScratchRun({
      'cards-db': { engine: 'postgres', migrations: { [`${ONE}.ts`]: things, [`${TWO}.ts`]: uniqueIndex } },
    });
    const schema = run.workspace.namespace('cards-db');
    expect(await explainHalfDone(await run.context(), 'cards-db')).toEqual([]);
    await up(await run.context());
    expect(await explainHalfDone(await run.context(), 'cards-db')).toEqual([
      expect.objectContaining({
        migration: TWO,
        direction: 'up',
        lastError: expect.stringContaining('could not create unique index'),
        invalidIndexes: [`${schema}.things_id`],
        next: expect.stringContaining(`finova-db repair cards-db ${TWO} --as applied`),
      }),
    ]);
    await run.withClient((client) => client.query(`DELETE FROM ${schema}.things WHERE ctid = '(0,1)'`));
    // Not settled yet, so nothing is guessed.
    expect((await up(await run.context())).get('cards-db')?.state).toBe('failed');
    await repair(await run.context(), { domain: 'cards-db', migration: TWO, as: 'pending' });
    expect((await up(await run.context())).get('cards-db')?.state).toBe('done');
    const { rows } = await run.withClient((client) =>
      client.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = '${schema}.things_id'::regclass`),
    );
    expect(rows).toEqual([{ indisvalid: true }]);
  });

  it('on MongoDB is explained step by step, and the next run goes on there', async () => {
    const failing = mongoMigration('first', 'second').replace(
      "await db.createCollection('second')",
      "{ if ((await db.collection('switch').countDocuments()) === 0) throw new Error('switched off'); await db.createCollection('second'); }",
    );
    const run = await createScratchRun({ 'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: failing } } });
    await up(await run.context());
    expect(await explainHalfDone(await run.context(), 'mails-db')).toEqual([
      expect.objectContaining({
        migration: ONE,
        lastError: 'switched off',
        completedSteps: ['create-first'],
        openSteps: ['create-second'],
        next: expect.stringContaining('finova-db up mails-db'),
      }),
    ]);
    await run.withDb('mails-db', (db) => db.collection('switch').insertOne({ on: true }));
    expect((await up(await run.context())).get('mails-db')).toMatchObject({ state: 'done', applied: [ONE] });
    expect(await explainHalfDone(await run.context(), 'mails-db')).toEqual([]);
  });
});

describe('a database that was made by other means', () => {
  it('is taken under management up to where it is, on both engines, and goes on from there', async () => {
    const run = await createScratchRun({
      'cards-db': {
        engine: 'postgres',
        migrations: {
          [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema'),
          [`${TWO}.ts`]: postgresMigration('CREATE TABLE $schema.things (id integer)', 'DROP TABLE $schema.things'),
        },
      },
      'mails-db': {
        engine: 'mongodb',
        migrations: { [`${ONE}.ts`]: mongoMigration('first'), [`${TWO}.ts`]: mongoMigration('second') },
      },
    });
    await run.withClient((client) => client.query(`CREATE SCHEMA ${run.workspace.namespace('cards-db')}`));
    await run.withDb('mails-db', (db) => db.createCollection('first'));
    for (const domain of ['cards-db', 'mails-db']) {
      expect(await baseline(await run.context(), { domain, to: ONE })).toEqual({ domain, journaled: [ONE] });
    }
    expect((await status(await run.context())).map(({ applied, pending }) => [applied, pending])).toEqual([
      [[ONE], [TWO]],
      [[ONE], [TWO]],
    ]);
    const outcomes = await up(await run.context());
    expect([...outcomes.values()].map(({ state, applied }) => [state, applied])).toEqual([
      ['done', [TWO]],
      ['done', [TWO]],
    ]);
  });
});
