import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Ratio } from '../harness/ratio.ts';
import { runProgram } from '../harness/run-program.ts';

const SCRIPT = join(import.meta.dirname, 'bench-scale.ts');
const PARAMETERS = ['--import', 'tsx', '--conditions=@finova/source', SCRIPT, '--runs', '1', '--seconds', '1'];

it('npm run bench:scale prints nothing but its ratios with --json, from books that are right', async () => {
  const { output } = await runProgram(process.execPath, [...PARAMETERS, '--json'], {
    folder: join(import.meta.dirname, '..', '..'),
  });
  const { ratios } = JSON.parse(output) as { ratios: Record<string, Ratio> };
  expect(Object.keys(ratios)).toEqual([
    'single, both accounts on the ledger’s server',
    'batch, both accounts on the ledger’s server',
    'single, across',
    'batch, across',
  ]);
  expect(ratios['single, across']).toEqual({ value: expect.any(Number), target: '≥ 0.4', holds: expect.any(Boolean) });
}, 120_000);
