import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { actAsOwner } from '@finova/db-kit/migrations';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

/** A workspace with one commit, and nothing migrated. */
async function committedDomains() {
  const run = await createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: { [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema') },
    },
    'mails-db': { engine: 'mongodb', dependsOn: ['cards-db'], migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
  });
  const { folder } = run.workspace;
  const git = (...args: readonly string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=tests', '-c', 'user.email=tests@example.com', ...args], {
      cwd: folder,
    });
  await git('init', '--quiet');
  await git('add', 'packages');
  await git('commit', '--quiet', '--message', 'The first');
  const finovaDb = (...args: readonly string[]) =>
    runCommand(args, { folder, environment: { FINOVA_POSTGRES_URL: run.postgresUrl } });
  return { run, finovaDb };
}

describe('finova-db plan --since', () => {
  it('shows what was added since a commit, in the names of the real databases, whatever is applied there', async () => {
    const { run, finovaDb } = await committedDomains();
    expect(await finovaDb('plan', '--since', 'HEAD')).toMatchObject({ exitCode: 0, stdout: 'Nothing is pending\n' });

    const [schema, database] = [run.workspace.namespace('cards-db'), run.workspace.namespace('mails-db')];
    await run.workspace.writeMigration(
      'cards-db',
      `${TWO}.ts`,
      postgresMigration(`CREATE TABLE ${schema}.cards (id int)`, 'SELECT 1'),
    );
    await run.workspace.writeMigration('mails-db', `${TWO}.ts`, mongoMigration('drafts'));
    const { exitCode, stdout } = await finovaDb('plan', '--since', 'HEAD', '--sql');
    expect(exitCode).toBe(2);
    expect(stdout).toBe(
      `-- cards-db/${TWO} (postgres, one transaction)\nBEGIN;\n${actAsOwner(schema, 'transaction')};\nCREATE TABLE ${schema}.cards (id int);\nCOMMIT;\n\n` +
        `// mails-db/${TWO} (mongodb, step by step)\ndb = db.getSiblingDB("${database}");\n// step create-drafts\ndb.runCommand({ create: "drafts" });\n`,
    );
    expect(
      (await readdir(join(run.workspace.folder, '.finova'))).filter((name) => name.startsWith('at-commit')),
    ).toEqual([]);
    const { domains } = JSON.parse((await finovaDb('status', '--json')).stdout);
    expect(domains.map(({ applied }: { applied: readonly string[] }) => applied)).toEqual([[], []]);
  });

  it('refuses a change of what the commit has already', async () => {
    const { run, finovaDb } = await committedDomains();
    await run.workspace.writeMigration('cards-db', `${ONE}.ts`, postgresMigration('CREATE SCHEMA edited', 'SELECT 1'));
    const { exitCode, stderr } = await finovaDb('plan', '--since', 'HEAD');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Migration ${ONE} of cards-db was edited`);
  });

  it('names a commit that it does not know', async () => {
    const { finovaDb } = await committedDomains();
    const { exitCode, stderr } = await finovaDb('plan', '--since', 'nowhere');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The files of commit nowhere cannot be read');
  });
});
