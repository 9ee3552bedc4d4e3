import { join } from 'node:path';
import { testPostgresUrl } from '@finova/db-kit/testing';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:ledger prints nothing but its ratios with --json', async () => {
  const script = join(import.meta.dirname, 'bench-ledger.ts');
  const parameters = ['--import', 'tsx', '--conditions=@finova/source', script];
  const { output } = await runProgram(process.execPath, [...parameters, '--runs', '1', '--seconds', '1', '--json'], {
    folder: join(import.meta.dirname, '..', '..'),
    environment: { FINOVA_POSTGRES_URL: testPostgresUrl() },
  });
  expect(JSON.parse(output)).toEqual({
    ratios: {
      'single against ceiling': { value: expect.any(Number), target: '≥ 0.7', holds: expect.any(Boolean) },
      'single against TPC-B': { value: expect.any(Number), target: '≥ 1.2', holds: expect.any(Boolean) },
    },
  });
});
