import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { domainRoles } from '@finova/db-kit/postgres';
import { createTestEncryption } from '@finova/db-kit/testing';
import { expect, it } from 'vitest';
import { down } from '../src/commands/down.ts';
import { drift } from '../src/commands/drift.ts';
import { roundtrip } from '../src/commands/roundtrip.ts';
import { up } from '../src/commands/up.ts';
import { withScratchServers } from '../src/scratch/with-scratch-servers.ts';
import { createScratchRun } from './scratch-context.ts';

const ROLES = join(import.meta.dirname, '..', '..', '..', 'packages/accounts-db/migrations/frozen/domain-roles.ts');

it('leaves no roles on the server that only throw-away databases needed', async () => {
  const run = await createScratchRun({ 'cards-db': { engine: 'postgres', migrations: {} } });
  const schema = run.workspace.namespace('cards-db');
  const frozen = await readFile(ROLES, 'utf8');
  await run.workspace.writeMigration(
    'cards-db',
    '20260101T000000-one.ts',
    `import { sql } from 'kysely';
     ${frozen.replace(/^import .*$/m, '').replaceAll('Kysely<any>', 'any')}
     export const migration = {
       runsAs: 'session',
       async up(db) { await sql.raw('CREATE SCHEMA ${schema}').execute(db); await createDomainRoles(db, '${schema}'); },
       async down(db) { await dropDomainRoles(db, '${schema}'); await sql.raw('DROP SCHEMA ${schema}').execute(db); },
     };`,
  );
  const existing = async () =>
    (
      await run.withClient((client) =>
        client.query('SELECT FROM unnest($1::text[]) AS role WHERE to_regrole(role) IS NOT NULL', [
          Object.values(domainRoles(schema)),
        ]),
      )
    ).rowCount;
  const context = await run.context();

  await withScratchServers(context, async (scratch) => {
    await up(scratch);
    expect(await existing()).toBe(4);
  });
  expect(await existing()).toBe(0);
  expect((await roundtrip(context, [], createTestEncryption)).findings).toEqual([]);
  expect(await existing()).toBe(0);

  await up(context);
  expect((await drift(context)).flatMap(({ differences }) => differences)).toEqual([]);
  expect(await existing()).toBe(4);
  await down(context, { domain: 'cards-db', target: 'all' });
  expect(await existing()).toBe(0);
});
