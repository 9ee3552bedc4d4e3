import { join } from 'node:path';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:relay prints nothing but its ratios with --json', async () => {
  const script = join(import.meta.dirname, 'bench-relay.ts');
  const parameters = ['--import', 'tsx', '--conditions=@finova/source', script];
  const { output } = await runProgram(process.execPath, [...parameters, '--runs', '1', '--messages', '10', '--json'], {
    folder: join(import.meta.dirname, '..', '..'),
    environment: { FINOVA_POSTGRES_URL: testPostgresUrl(), FINOVA_MONGODB_URL: testMongoUrl() },
  });
  expect(JSON.parse(output)).toEqual({
    ratios: {
      'relayed against stored alone': { value: expect.any(Number), target: '≥ 0.7', holds: expect.any(Boolean) },
    },
  });
});
