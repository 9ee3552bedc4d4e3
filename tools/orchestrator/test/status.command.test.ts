import { expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { createScratchRun } from './scratch-context.ts';
import { postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const HALF = '20260102T000000-half';

it('finova-db status tells what up would refuse, and what is half done', async () => {
  const run = await createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: { [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema') },
    },
  });
  const { servers } = await run.context();
  const finovaDb = (...args: readonly string[]) =>
    runCommand(args, {
      folder: run.workspace.folder,
      environment: { FINOVA_POSTGRES_URL: servers.get('cards-db')?.url },
    });
  await finovaDb('up');
  expect(await finovaDb('status')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('Nothing is pending'),
  });

  await run.workspace.writeMigration('cards-db', `${HALF}.ts`, outsideTransaction('SELECT 1/0'));
  expect((await finovaDb('up')).exitCode).toBe(1);
  const halfDone = await finovaDb('status');
  expect(halfDone.stdout).toContain(`1: ${HALF} (half done)`);
  expect(halfDone.exitCode).toBe(2);

  await run.workspace.writeMigration('cards-db', `${ONE}.ts`, postgresMigration('CREATE SCHEMA edited', 'SELECT 1'));
  const edited = await finovaDb('status');
  expect(edited.stdout).toContain(`Migration ${ONE} of cards-db was edited`);
  expect(edited.exitCode).toBe(2);
  expect(JSON.parse((await finovaDb('status', '--json')).stdout).domains).toMatchObject([
    { domain: 'cards-db', applied: [ONE], halfDone: [HALF], refusal: expect.stringContaining('was edited') },
  ]);
});

function outsideTransaction(statement: string): string {
  return postgresMigration(statement, 'SELECT 1').replace('async up', 'transaction: false, async up');
}
