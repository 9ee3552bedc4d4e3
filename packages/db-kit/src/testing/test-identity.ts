import { hostname } from 'node:os';
import { type RunIdentity, TOOL_VERSION } from '../migrations/run-identity.ts';

/** Who migrates in tests. */
export const TEST_IDENTITY: RunIdentity = {
  actor: 'tests',
  host: hostname(),
  pid: process.pid,
  gitCommit: null,
  toolVersion: TOOL_VERSION,
};
