import { describe, expect, it } from 'vitest';
import { drift } from '../src/commands/drift.ts';
import { up } from '../src/commands/up.ts';
import { DRIFT_SUBJECTS, PLANTED_DRIFTS, type PlantedDrift } from './planted/drifts.ts';
import { createScratchRun, type ScratchRun } from './scratch-context.ts';
import { postgresMigration, rawPostgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';

const subjects = () =>
  createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: { [`${ONE}.ts`]: rawPostgresMigration(DRIFT_SUBJECTS.postgres.up, DRIFT_SUBJECTS.postgres.down) },
    },
    'mails-db': {
      engine: 'mongodb',
      migrations: {
        [`${ONE}.ts`]: `export const migration = { lossy: 'Mails', steps: [{ name: 'create', async up(db) { ${DRIFT_SUBJECTS.mongodb} }, async down(db) { await db.dropCollection('recent'); await db.dropCollection('mails'); } }] };`,
      },
    },
  });

async function plant(run: ScratchRun, { engine, plant: text }: PlantedDrift): Promise<void> {
  if (engine === 'postgres') {
    await run.withClient((client) => client.query(text.replaceAll('$schema', run.workspace.namespace('cards-db'))));
    return;
  }
  await run.withDb('mails-db', async (db) => {
    for (const command of text.split('\n')) {
      await db.command(JSON.parse(command) as object);
    }
  });
}

describe('drift', () => {
  it('finds none in databases that are as their migrations made them, wherever they are in their history', async () => {
    const run = await subjects();
    expect((await drift(await run.context())).map(({ differences }) => differences)).toEqual([[], []]);
    await up(await run.context());
    expect((await drift(await run.context())).map(({ differences }) => differences)).toEqual([[], []]);
    await run.workspace.writeMigration(
      'cards-db',
      '20260102T000000-pending.ts',
      postgresMigration('CREATE TABLE $schema.later (id integer)', 'DROP TABLE $schema.later'),
    );
    expect((await drift(await run.context(), ['cards-db'])).map(({ differences }) => differences)).toEqual([[]]);
  });

  it.each(PLANTED_DRIFTS)('finds $name on $engine, and names it', async (planted) => {
    const run = await subjects();
    await up(await run.context());
    await plant(run, planted);
    const domain = planted.engine === 'postgres' ? 'cards-db' : 'mails-db';
    const [found] = await drift(await run.context(), [domain]);
    expect(found?.differences.map(({ object }) => object).join('\n')).toContain(planted.object);
  });

  it('tells what was expected and what is there, once for each object', async () => {
    const run = await subjects();
    await up(await run.context());
    const schema = run.workspace.namespace('cards-db');
    await run.withClient((client) =>
      client.query(`ALTER TABLE ${schema}.children ALTER COLUMN label TYPE varchar(20)`),
    );
    const [found] = await drift(await run.context(), ['cards-db']);
    expect(found?.differences).toEqual([
      {
        kind: 'changed',
        object: `column ${schema}.children.label`,
        expected: expect.stringContaining('varying(10)'),
        found: expect.stringContaining('varying(20)'),
      },
    ]);
  });
});
