import { expect, it } from 'vitest';
import { ScratchLeftBehindError, withScratchServers } from '../src/scratch/with-scratch-servers.ts';
import { createScratchRun } from './scratch-context.ts';

it('tells of databases that could not be dropped, and of what had failed before', async () => {
  const run = await createScratchRun({ 'cards-db': { engine: 'postgres', migrations: {} } });
  let name = '';
  const thrown = await withScratchServers(await run.context(), async (scratch) => {
    name = new URL(scratch.servers.get('cards-db')?.url ?? '').pathname.slice(1);
    // Not even a superuser drops a template.
    await run.withClient((client) => client.query(`ALTER DATABASE ${name} IS_TEMPLATE true`));
    throw new Error('the first failure');
  }).catch((caught: unknown) => caught);
  await run.withClient(async (client) => {
    await client.query(`ALTER DATABASE ${name} IS_TEMPLATE false`);
    await client.query(`DROP DATABASE ${name}`);
  });
  expect(thrown).toBeInstanceOf(ScratchLeftBehindError);
  expect(thrown).toMatchObject({
    names: [name],
    message: expect.stringMatching(
      `cannot drop a template database \\(after the first failure\\); drop what is left of ${name} by hand`,
    ),
  });
});
