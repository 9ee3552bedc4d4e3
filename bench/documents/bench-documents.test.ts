import { join } from 'node:path';
import { testMongoUrl } from '@finova/db-kit/testing';
import { expect, it } from 'vitest';
import { runProgram } from '../harness/run-program.ts';

it('npm run bench:documents prints nothing but its ratios with --json', async () => {
  const script = join(import.meta.dirname, 'bench-documents.ts');
  const parameters = ['--import', 'tsx', '--conditions=@finova/source', script];
  const smallest = ['--rounds', '2', '--few', '40', '--many', '80', '--json'];
  const { output } = await runProgram(process.execPath, [...parameters, ...smallest], {
    folder: join(import.meta.dirname, '..', '..'),
    environment: { FINOVA_MONGODB_URL: testMongoUrl() },
  });
  const measured = (target: string) => ({ value: expect.any(Number), target, holds: expect.any(Boolean) });
  const { ratios } = JSON.parse(output) as { readonly ratios: object };
  expect(ratios).toMatchObject({
    'inbox page, 80 against 40': measured('≤ 1.5'),
    'unread counts, 80 against 40': measured('≤ 1.5'),
    'inbox page, by index': { value: 1, target: '≥ 1.0', holds: true },
    'unread counts, by index': { value: 1, target: '≥ 1.0', holds: true },
    ...Object.fromEntries(
      ['lease and mark', 'enqueue', 'enqueue many', 'inbox page', 'unread counts', 'settings'].map((name) => [
        `${name} against the driver`,
        measured('≥ 0.85'),
      ]),
    ),
  });
});
