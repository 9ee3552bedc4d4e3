import { hostname } from 'node:os';
import type { RunIdentity } from '../migrations/run-identity.ts';
import { TOOL_VERSION } from '../tool-version.ts';

/** Who migrates in tests. */
export const TEST_IDENTITY: RunIdentity = {
  actor: 'tests',
  host: hostname(),
  pid: process.pid,
  gitCommit: null,
  toolVersion: TOOL_VERSION,
};
