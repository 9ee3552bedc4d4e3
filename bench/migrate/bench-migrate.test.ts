import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ratio } from '../harness/ratio.ts';
import { runProgram } from '../harness/run-program.ts';

const WORKSPACE_ROOT = join(import.meta.dirname, '..', '..');

function benchMigrate(...parameters: readonly string[]) {
  const script = join(import.meta.dirname, 'bench-migrate.ts');
  return runProgram(process.execPath, ['--import', 'tsx', '--conditions=@finova/source', script, ...parameters], {
    folder: WORKSPACE_ROOT,
  });
}

describe('npm run bench:migrate', () => {
  it('prints nothing but its ratios with --json, after both sides did the same work', async () => {
    const { output } = await benchMigrate('--migrations', '10', '--runs', '1', '--peers', 'umzug', '--json');

    const { ratios } = JSON.parse(output) as { ratios: Record<string, Ratio> };
    expect(Object.keys(ratios)).toEqual(['applied against umzug', 'no-op ms', 'memory MB']);
    expect(ratios['applied against umzug']).toEqual({
      value: expect.any(Number),
      target: '≤ 1.0',
      holds: (ratios['applied against umzug']?.value ?? 0) <= 1,
    });
    expect(ratios['memory MB']?.value).toBeGreaterThan(10);
    expect(ratios['no-op ms']?.target).toBe('≤ 200');
  });

  it('names the peers it knows when it is asked for another', async () => {
    await expect(benchMigrate('--peers', 'liquibase')).rejects.toThrow(/among umzug, kysely, .* is 'liquibase'/);
  });
});
