import { MigrationFailedError } from '@finova/db-kit/migrations';
import { expect, it } from 'vitest';
import { up } from '../src/commands/up.ts';
import { createScratchRun } from './scratch-context.ts';
import { postgresMigration } from './scratch-workspace.ts';

const NAMES = ['20260101T000000-1', '20260102T000000-2', '20260103T000000-3', '20260104T000000-4'] as const;
const [ONE, TWO, THREE, FOUR] = NAMES;

it.each([
  ['by a statement', 'SELECT 1 / 0'],
  ['as no SQL', 'SELECT 1 FROM'],
  [
    'when it commits',
    `CREATE TABLE public.parents (id int PRIMARY KEY);
     CREATE TABLE public.children (parent int REFERENCES public.parents DEFERRABLE INITIALLY DEFERRED);
     INSERT INTO public.children VALUES (1)`,
  ],
])(
  'up says which migrations are applied, which failed and which did not run, when one fails %s',
  async (_, failing) => {
    const sources = NAMES.map((name) => [
      `${name}.ts`,
      postgresMigration(name === TWO ? failing : `CREATE TABLE public.t${name.slice(-1)} (id int)`, 'SELECT 1'),
    ]);
    const run = await createScratchRun({
      'cards-db': { engine: 'postgres', migrations: Object.fromEntries(sources) },
    });
    expect((await up(await run.context())).get('cards-db')).toMatchObject({
      state: 'failed',
      error: expect.any(MigrationFailedError),
      applied: [ONE],
      notRun: [THREE, FOUR],
    });
    const { rows } = await run.withClient((client) =>
      client.query(`SELECT relname AS name FROM pg_class WHERE relname ~ '^t[0-9]$' ORDER BY 1`),
    );
    expect(rows).toEqual([{ name: 't1' }]);
  },
);
