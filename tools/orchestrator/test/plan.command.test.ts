import { actAsOwner } from '@finova/db-kit/migrations';
import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

async function twoDomains() {
  const run = await createScratchRun({
    'cards-db': {
      engine: 'postgres',
      migrations: {
        [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema').replace(
          'migration = {',
          `migration = { lossy: 'All cards', lockTimeoutMs: 1500,`,
        ),
      },
    },
    'mails-db': { engine: 'mongodb', dependsOn: ['cards-db'], migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
  });
  const finovaDb = (...args: readonly string[]) =>
    runCommand(args, { folder: run.workspace.folder, environment: { FINOVA_POSTGRES_URL: run.postgresUrl } });
  return { run, finovaDb };
}

describe('finova-db plan', () => {
  it('prints what up would do and exits with 2, and with 0 once it is done', async () => {
    const { finovaDb } = await twoDomains();
    const pending = await finovaDb('plan');
    expect(pending.exitCode).toBe(2);
    expect(pending.stdout).toMatch(new RegExp(`│ 1 │ cards-db │ ${ONE} │ postgres │ waits 1500 ms for a lock +│`));
    expect(pending.stdout).toMatch(/│ down loses data: All cards +│/);
    expect(pending.stdout).toMatch(new RegExp(`│ 2 │ mails-db │ ${ONE} │ mongodb +│`));
    expect((await finovaDb('up', '--dry-run')).stdout).toBe(pending.stdout);
    expect((await finovaDb('up')).exitCode).toBe(0);
    expect(await finovaDb('plan')).toMatchObject({ exitCode: 0, stdout: 'Nothing is pending\n' });
    expect(await finovaDb('plan', '--sql')).toMatchObject({ exitCode: 0, stdout: '' });
  });

  it('prints nothing but the script with --sql, and the same texts with --json', async () => {
    const { run, finovaDb } = await twoDomains();
    const [schema, database] = [run.workspace.namespace('cards-db'), run.workspace.namespace('mails-db')];
    const script = await finovaDb('plan', '--sql');
    expect(script.exitCode).toBe(2);
    expect(script.stdout).toBe(
      `-- cards-db/${ONE} (postgres, one transaction)\nBEGIN;\nSET LOCAL lock_timeout = 1500;\n${actAsOwner(schema, 'transaction')};\nCREATE SCHEMA ${schema};\nCOMMIT;\n\n` +
        `// mails-db/${ONE} (mongodb, step by step)\ndb = db.getSiblingDB("${database}");\n// step create-mails\ndb.runCommand({ create: "mails" });\n`,
    );
    const { stdout } = await finovaDb('plan', '--sql', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      migrations: [
        { domain: 'cards-db', name: ONE, lockTimeoutMs: 1500, statements: [`CREATE SCHEMA ${schema};`] },
        { domain: 'mails-db', name: ONE, statements: ['db.runCommand({ create: "mails" });'] },
      ],
      failures: [],
    });
  });

  it('names migration, statement and cause of what fails on throw-away databases, and exits with 1', async () => {
    const { run, finovaDb } = await twoDomains();
    await run.workspace.writeMigration('cards-db', `${TWO}.ts`, postgresMigration('SELECT 1 / 0', 'SELECT 1'));
    const { exitCode, stderr } = await finovaDb('plan', '--sql');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(TWO);
    expect(stderr).toContain('SELECT 1 / 0');
    expect(stderr).toContain('division by zero');
    expect(stderr).toContain('Tried out on throw-away databases');
  });

  it('leaves out what up --dry-run leaves out', async () => {
    const { finovaDb } = await twoDomains();
    const { exitCode, stdout, stderr } = await finovaDb('up', 'mails-db', '--no-dependencies', '--dry-run');
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('mails-db was not migrated: it depends on cards-db');
  });
});
