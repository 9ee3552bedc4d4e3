import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import { onTestFinished } from 'vitest';
import { makeScratchRun, type ScratchRun } from './scratch-run.ts';
import type { ScratchDomain } from './scratch-workspace.ts';

export type { ScratchRun } from './scratch-run.ts';

/** Makes a {@link ScratchRun} for the running test, which removes it when it ends. */
export async function createScratchRun(domains: Readonly<Record<string, ScratchDomain>>): Promise<ScratchRun> {
  const run = await makeScratchRun(domains, { postgres: testPostgresUrl(), mongodb: testMongoUrl() });
  onTestFinished(() => run.remove());
  return run;
}
