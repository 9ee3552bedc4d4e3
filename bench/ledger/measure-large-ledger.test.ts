import { join } from 'node:path';
import { testPostgresUrl } from '@finova/db-kit/testing';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:ledger -- --large measures a ledger whose books are right', async () => {
  const script = join(import.meta.dirname, 'bench-ledger.ts');
  const size = ['--large', '--entries', '4000', '--partitions', '2', '--runs', '1', '--seconds', '1', '--json'];
  const { output } = await runProgram(
    process.execPath,
    ['--import', 'tsx', '--conditions=@finova/source', script, ...size],
    {
      folder: join(import.meta.dirname, '..', '..'),
      environment: { FINOVA_POSTGRES_URL: testPostgresUrl() },
    },
  );
  const measured = (target: string) => ({ value: expect.any(Number), target, holds: expect.any(Boolean) });
  expect(JSON.parse(output)).toEqual({
    ratios: {
      'single, large against small': measured('≥ 0.8'),
      'first page of a statement, ms': measured('≤ 2.0'),
      'middle page of a statement, ms': measured('≤ 2.0'),
      'last page of a statement, ms': measured('≤ 2.0'),
    },
  });
}, 180_000);
