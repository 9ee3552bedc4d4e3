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
  const ratio = (least: string) => ({
    value: expect.any(Number),
    target: `≥ ${least}`,
    holds: expect.any(Boolean),
  });
  expect(JSON.parse(output)).toEqual({
    ratios: {
      'single against ceiling': ratio('0.7'),
      'single against TPC-B': ratio('1.2'),
      'batch against TPC-B': ratio('4.17'),
      'hot account, batch against hot account, single': ratio('10'),
      'repository against pg': ratio('0.85'),
    },
  });
}, 120_000);
