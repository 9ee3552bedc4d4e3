import { join } from 'node:path';
import { selectServers, withMongoOption } from '@finova/local-databases';
import type { TestProject } from 'vitest/node';

/**
 * Chooses the real servers of a test run, says which, and takes them down afterwards. Each test file makes databases
 * of its own on them.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await selectServers({
    workspaceRoot: join(import.meta.dirname, '..'),
    purpose: 'test',
    engines: ['postgres', 'mongodb'],
    onProgress: say,
  });
  for (const { engine, label, reason } of Object.values(servers)) {
    say(`${engine}: ${label} (${reason})`);
  }
  project.provide('postgresUrl', servers.postgres?.url ?? '');
  project.provide('mongodbUrl', withPatience(servers.mongodb?.url ?? ''));
  return async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
  };
}

const PATIENCE_MS = 60_000;

/**
 * SecantusDB lets nobody in while it waits, within one statement, for a transaction that has written what the statement
 * writes. Tests have minutes, and are not to fail because another one made it wait.
 */
function withPatience(url: string): string {
  return ['connectTimeoutMS', 'serverSelectionTimeoutMS'].reduce(
    (patient, option) => withMongoOption(patient, option, PATIENCE_MS),
    url,
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
