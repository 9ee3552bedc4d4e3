import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:nx-plugin prints nothing but its ratios with --json', async () => {
  const script = join(import.meta.dirname, 'bench-nx-plugin.ts');
  const parameters = ['--import', 'tsx', '--conditions=@finova/source', script, '--runs', '1', '--json'];
  const { output } = await runProgram(process.execPath, parameters, { folder: join(import.meta.dirname, '..', '..') });
  expect(JSON.parse(output)).toEqual({
    ratios: { 'plugin adds ms': { value: expect.any(Number), target: '≤ 50', holds: expect.any(Boolean) } },
  });
});
