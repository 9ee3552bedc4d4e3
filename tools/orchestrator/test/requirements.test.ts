import { describe, expect, it } from 'vitest';
import { down } from '../src/commands/down.ts';
import { status } from '../src/commands/status.ts';
import { up } from '../src/commands/up.ts';
import { RequirementCycleError, RequirementPendingError, UnknownRequirementError } from '../src/plan/plan-errors.ts';
import { DependentsAppliedError } from '../src/run/run-errors.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

/** A migration that appends its name to a table that both PostgreSQL domains share. */
function marked(id: string, requires: readonly string[] = []): string {
  const [domain = '', name = ''] = id.split('/');
  const source = postgresMigration(
    `CREATE TABLE IF NOT EXISTS public.trace (id serial, mark text); INSERT INTO public.trace (mark) VALUES ('${domain}/${name.slice(-1)}')`,
    `DELETE FROM public.trace WHERE mark = '${domain}/${name.slice(-1)}'`,
  );
  return withRequires(source, requires);
}

function withRequires(source: string, requires: readonly string[]): string {
  return requires.length === 0
    ? source
    : source.replace('export const migration = {', `export const migration = { requires: ${JSON.stringify(requires)},`);
}

const one = '20260101T000000-1';
const two = '20260102T000000-2';
const three = '20260103T000000-3';

/** cards ⇄ loans on PostgreSQL and mails on MongoDB; no package depends on another. */
const threeDomains = () =>
  createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: {
        [`${one}.ts`]: marked(`cards-db/${one}`),
        [`${two}.ts`]: marked(`cards-db/${two}`, [`loans-db/${two}`]),
      },
    },
    'loans-db': {
      engine: 'postgres',
      migrations: {
        [`${one}.ts`]: marked(`loans-db/${one}`, [`cards-db/${one}`]),
        [`${two}.ts`]: marked(`loans-db/${two}`),
        [`${three}.ts`]: marked(`loans-db/${three}`, [`mails-db/${one}`]),
      },
    },
    'mails-db': {
      engine: 'mongodb',
      migrations: { [`${one}.ts`]: withRequires(mongoMigration('mails'), [`cards-db/${two}`]) },
    },
  });

describe('what a migration requires', () => {
  it('is applied before it, on whichever engine, and the run goes back and forth for it', async () => {
    const run = await threeDomains();
    const outcomes = await up(await run.context());
    expect([...outcomes].map(([name, { state }]) => [name, state])).toEqual([
      ['cards-db', 'done'],
      ['loans-db', 'done'],
      ['mails-db', 'done'],
    ]);
    const { rows } = await run.withClient((client) => client.query('SELECT mark FROM public.trace ORDER BY id'));
    expect(rows.map(({ mark }) => mark)).toEqual([
      'cards-db/1',
      'loans-db/1',
      'loans-db/2',
      'cards-db/2',
      'loans-db/3',
    ]);
  });

  it('is brought along by up of one domain', async () => {
    const run = await threeDomains();
    const outcomes = await up(await run.context(), { domains: ['mails-db'] });
    expect([...outcomes.keys()]).toEqual(['cards-db', 'loans-db', 'mails-db']);
    expect((await status(await run.context())).map(({ pending }) => pending)).toEqual([[], [], []]);
  });

  it('stops a domain that is migrated alone, before anything of it is applied', async () => {
    const run = await threeDomains();
    const outcomes = await up(await run.context(), { domains: ['mails-db'], includeDependencies: false });
    expect(outcomes.get('mails-db')).toMatchObject({
      state: 'failed',
      error: expect.any(RequirementPendingError),
      applied: [],
      notRun: [one],
    });
  });

  it('holds back what stands on a failure, in other domains too, and says what was applied and what was not', async () => {
    const run = await threeDomains();
    await run.withClient((client) => client.query('CREATE TABLE public.causes_removed (at date)'));
    const failing = postgresMigration('SELECT 1 / count(*) FROM public.causes_removed', 'SELECT 1');
    await run.workspace.writeMigration('loans-db', `${two}.ts`, failing);
    const outcomes = await up(await run.context());
    expect(outcomes.get('loans-db')).toMatchObject({ state: 'failed', applied: [one], notRun: [three] });
    expect(outcomes.get('cards-db')).toMatchObject({ state: 'failed', applied: [one], notRun: [two] });
    expect(outcomes.get('mails-db')).toMatchObject({ state: 'failed', applied: [], notRun: [one] });

    await run.withClient((client) => client.query('INSERT INTO public.causes_removed VALUES (now())'));
    const again = await up(await run.context());
    expect([...again.values()].map(({ state, applied }) => [state, applied])).toEqual([
      ['done', [two]],
      ['done', [two, three]],
      ['done', [one]],
    ]);
  });

  it('must exist', async () => {
    const run = await threeDomains();
    await run.workspace.writeMigration('cards-db', `${two}.ts`, marked(`cards-db/${two}`, [`loans-db/${one}9`]));
    await expect(up(await run.context())).rejects.toThrow(UnknownRequirementError);
    expect((await status(await run.context())).map(({ applied }) => applied)).toEqual([[], [], []]);
  });

  it('must not go round in a circle', async () => {
    const run = await threeDomains();
    await run.workspace.writeMigration('cards-db', `${one}.ts`, marked(`cards-db/${one}`, [`loans-db/${two}`]));
    await expect(up(await run.context())).rejects.toThrow(RequirementCycleError);
    await expect(up(await run.context())).rejects.toThrow(
      `cards-db/${one} → loans-db/${two} → loans-db/${one} → cards-db/${one}`,
    );
  });
});

describe('down', () => {
  it('is refused while a migration elsewhere requires what would go, and changes nothing', async () => {
    const run = await threeDomains();
    await up(await run.context());
    const reverting = down(await run.context(), { domain: 'loans-db', target: { to: `loans-db/${one}` } });
    await expect(reverting).rejects.toThrow(DependentsAppliedError);
    await expect(reverting).rejects.toThrow(
      /found mails-db \(1 applied\), cards-db \(1 applied\)|cards-db \(1 applied\), mails-db/,
    );
    expect((await status(await run.context())).map(({ applied }) => applied.length)).toEqual([2, 3, 1]);
  });

  it('goes through when nothing requires what goes', async () => {
    const run = await threeDomains();
    await up(await run.context());
    await down(await run.context(), { domain: 'loans-db', target: { steps: 1 } });
    expect((await status(await run.context())).map(({ applied }) => applied.length)).toEqual([2, 2, 1]);
  });

  it('with cascade reverts what requires it first, and no more', async () => {
    const run = await threeDomains();
    await up(await run.context());
    const reverted: string[] = [];
    await down(await run.context(), {
      domain: 'loans-db',
      target: { to: `loans-db/${one}` },
      cascade: true,
      onMigrationStart: (domain, migration) => reverted.push(`${domain}/${migration.slice(-1)}`),
    });
    expect(reverted).toEqual(['loans-db/3', 'mails-db/1', 'cards-db/2', 'loans-db/2']);
    expect((await status(await run.context())).map(({ applied }) => applied)).toEqual([[one], [one], []]);
  });

  it('with cascade reverts nothing when one of them has no way back', async () => {
    const run = await threeDomains();
    const forward = `export const migration = { irreversible: 'Mails were sent', requires: ['cards-db/${two}'], steps: [{ name: 'send', up: async () => {} }] };`;
    await run.workspace.writeMigration('mails-db', `${one}.ts`, forward);
    await up(await run.context());
    await expect(down(await run.context(), { domain: 'loans-db', target: 'all', cascade: true })).rejects.toThrow(
      'Mails were sent',
    );
    expect((await status(await run.context())).map(({ applied }) => applied.length)).toEqual([2, 3, 1]);
  });
});
