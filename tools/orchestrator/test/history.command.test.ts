import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { createScratchRun } from './scratch-context.ts';
import { mongoMigration, postgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';

describe('finova-db history', () => {
  it('prints every attempt, and tells a record that is whole from one that was touched', async () => {
    const run = await createScratchRun({
      'cards-db': {
        engine: 'postgres',
        migrations: { [`${ONE}.ts`]: postgresMigration('CREATE SCHEMA $schema', 'DROP SCHEMA $schema') },
      },
      'mails-db': { engine: 'mongodb', migrations: { [`${ONE}.ts`]: mongoMigration('mails') } },
    });
    const { servers } = await run.context();
    const finovaDb = (...args: readonly string[]) =>
      runCommand(args, {
        folder: run.workspace.folder,
        environment: { FINOVA_POSTGRES_URL: servers.get('cards-db')?.url },
      });
    expect((await finovaDb('up')).exitCode).toBe(0);
    expect((await finovaDb('down', 'cards-db')).exitCode).toBe(0);

    const whole = await finovaDb('history');
    expect(whole.exitCode).toBe(0);
    expect(whole.stdout).toMatch(new RegExp(`│ 1 +│ \\S+ +│ ${ONE} │ up +│ succeeded`));
    expect(whole.stdout).toMatch(new RegExp(`│ 2 +│ \\S+ +│ ${ONE} │ down +│ succeeded`));
    expect(whole.stdout).toContain('command tests on');
    expect(whole.stdout.match(/The chain is whole/g)).toHaveLength(2);

    const schema = run.workspace.namespace('cards-db');
    await run.withClient((client) =>
      client.query(
        `ALTER TABLE ${schema}_migrations.history DISABLE TRIGGER ALL; UPDATE ${schema}_migrations.history SET actor = 'nobody' WHERE sequence = 1`,
      ),
    );
    const touched = await finovaDb('history', 'cards-db', '--limit', '1', '--json');
    expect(touched.exitCode).toBe(1);
    expect(JSON.parse(touched.stdout)).toMatchObject({
      domains: [{ domain: 'cards-db', attempts: [{ sequence: 2 }], problems: [{ sequence: 1, migration: ONE }] }],
    });
  });
});
