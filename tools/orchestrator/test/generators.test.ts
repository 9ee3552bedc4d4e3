import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';
import { copyWorkspace, type WorkspaceCopy } from './workspace-copy.ts';

/** In a copy of this workspace, as a developer would. */
describe('what nx g writes', { timeout: 240_000 }, () => {
  const domains = ['packages/cards-db', 'packages/vouchers-db'] as const;
  let copy: WorkspaceCopy;
  let database: PostgresTestDatabase;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    process.env['FINOVA_POSTGRES_URL'] = testPostgresUrl();
    process.env['FINOVA_MONGODB_URL'] = testMongoUrl();
    copy = await copyWorkspace();
    const generate = (...args: readonly string[]) => copy.run('nx', 'g', ...args);
    await generate('@finova/orchestrator:domain', 'cards', '--engine=postgres', '--depends-on=accounts-db');
    await generate('@finova/orchestrator:domain', 'vouchers', '--engine=mongodb', '--depends-on=cards,accounts');
    await generate('@finova/orchestrator:table', 'cards', 'card-limits');
    await generate('@finova/orchestrator:collection', 'vouchers', 'people', '--entity=person');
    await generate('@finova/orchestrator:table', 'transactions', 'payment-mandates');
    await generate('@finova/orchestrator:migration', 'cards', 'add-nickname');
  }, 240_000);
  afterAll(async () => {
    await copy?.remove();
    await database?.drop();
  });

  const finovaDb = (...args: readonly string[]) =>
    runCommand(args, {
      folder: copy.folder,
      environment: { FINOVA_POSTGRES_URL: database.url, FINOVA_MONGODB_DATABASE_SUFFIX: `_generated_${process.pid}` },
    });

  it('has the form that the linter wants, and types that are right', async () => {
    await copy.run('biome', 'check', ...domains, 'packages/transactions-db');
    for (const domain of domains) {
      await copy.node('scripts/check-types.js', domain);
    }
  });

  it('gives a domain its roles in the way in which all have theirs', async () => {
    const roles = (domain: string) =>
      readFile(join(copy.folder, 'packages', domain, 'migrations', 'frozen', 'domain-roles.ts'), 'utf8');
    const [generated, ...others] = await Promise.all(['cards-db', 'accounts-db', 'transactions-db'].map(roles));
    expect(others).toEqual([generated, generated]);
  });

  it('passes its own tests', async () => {
    const ofExisting = ['test/constraints.test.ts', 'src/repositories/payment-mandate-repository.test.ts'];
    const files = [...domains, ...ofExisting.map((path) => `packages/transactions-db/${path}`)];
    expect(await copy.run('vitest', 'run', ...files)).toMatch(/^\d+ passed, 0 failed$/m);
  });

  it('keeps the rules of the workspace', async () => {
    expect(await copy.run('vitest', 'run', 'test/conformance/conformance.test.ts')).toMatch(/ passed, 0 failed$/m);
  });

  it('is migrated after what it depends on, and taken down and away again', async () => {
    const up = await finovaDb('up', 'vouchers-db', '--json');
    const applied = JSON.parse(up.stdout).domains.map(
      ({ domain, applied: names }: { domain: string; applied: string[] }) => [domain, names.length],
    );
    expect(applied).toEqual([
      ['accounts-db', expect.any(Number)],
      ['cards-db', 5],
      ['vouchers-db', 2],
    ]);
    for (const domain of ['vouchers-db', 'cards-db', 'accounts-db']) {
      expect(await finovaDb('down', domain, '--all')).toMatchObject({ exitCode: 0 });
    }
    await copy.git('stash', '--include-untracked', '--quiet');
    await expect(access(join(copy.folder, 'packages', 'cards-db'))).rejects.toThrow('ENOENT');
    expect(JSON.parse((await finovaDb('status', '--json')).stdout).domains).toHaveLength(4);
  });
});
