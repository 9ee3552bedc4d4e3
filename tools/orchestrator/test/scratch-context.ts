import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { createPostgresTestDatabase, TEST_IDENTITY, testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';
import type { Db } from 'mongodb';
import type { Client } from 'pg';
import { onTestFinished } from 'vitest';
import type { RunContext } from '../src/run/run-context.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { createScratchWorkspace, type ScratchDomain, type ScratchWorkspace } from './scratch-workspace.ts';

/** A scratch workspace with databases of its own, for tests that call the library instead of the command. */
export interface ScratchRun {
  readonly workspace: ScratchWorkspace;
  /** Reads the workspace as it is now. */
  context(more?: Partial<RunContext>): Promise<RunContext>;
  withClient<T>(use: (client: Client) => Promise<T>): Promise<T>;
  withDb<T>(domain: string, use: (db: Db) => Promise<T>): Promise<T>;
}

/** Makes a {@link ScratchRun} for the running test, which removes it when it ends. */
export async function createScratchRun(domains: Readonly<Record<string, ScratchDomain>>): Promise<ScratchRun> {
  const workspace = await createScratchWorkspace(domains);
  const database = await createPostgresTestDatabase(testPostgresUrl());
  const withDb = <T>(domain: string, use: (db: Db) => Promise<T>) =>
    withMongoClient({ url: testMongoUrl(), applicationName: 'finova tests' }, (client) =>
      use(client.db(workspace.namespace(domain))),
    );
  onTestFinished(async () => {
    await database.drop();
    for (const [name, { engine }] of Object.entries(domains)) {
      if (engine === 'mongodb') {
        await withDb(name, (db) => db.dropDatabase());
      }
    }
    await workspace.remove();
  });
  return {
    workspace,
    context: async (more = {}) => {
      const workspaceDomains = await readWorkspaceDomains(workspace.folder, {});
      return {
        workspaceRoot: workspace.folder,
        domains: workspaceDomains,
        servers: new Map(
          workspaceDomains.map(({ name, engine }) => [
            name,
            { url: engine === 'postgres' ? database.url : testMongoUrl(), label: engine, source: 'url' as const },
          ]),
        ),
        identity: TEST_IDENTITY,
        lockTimeoutMs: 10_000,
        ...more,
      };
    },
    withClient: (use) => withPostgresClient({ url: database.url, applicationName: 'finova tests' }, use),
    withDb,
  };
}
