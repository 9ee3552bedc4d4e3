import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:scale says what two servers cost beside one', async () => {
  const script = join(import.meta.dirname, 'bench-scale.ts');
  const parameters = ['--import', 'tsx', '--conditions=@finova/source', script, '--runs', '1', '--seconds', '1'];
  const { output } = await runProgram(process.execPath, parameters, { folder: join(import.meta.dirname, '..', '..') });
  expect(output).toMatch(/single, across\s+│ \d+ a second/);
  expect(output).toMatch(/page of a statement, account on the node\s+│ [\d.]+ ms/);
}, 120_000);
