import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import type { Db } from 'mongodb';
import type { Client } from 'pg';
import { createPostgresTestDatabase } from '../../../packages/db-kit/src/testing/postgres-test-database.ts';
import { TEST_IDENTITY } from '../../../packages/db-kit/src/testing/test-identity.ts';
import type { RunContext } from '../src/run/run-context.ts';
import { readWorkspaceDomains } from '../src/workspace/workspace-domains.ts';
import { createScratchWorkspace, type ScratchDomain, type ScratchWorkspace } from './scratch-workspace.ts';

/** A scratch workspace with databases of its own, for those who call the library instead of the command. */
export interface ScratchRun {
  readonly workspace: ScratchWorkspace;
  readonly postgresUrl: string;
  /** Reads the workspace as it is now. */
  context(more?: Partial<RunContext>): Promise<RunContext>;
  withClient<T>(use: (client: Client) => Promise<T>): Promise<T>;
  withDb<T>(domain: string, use: (db: Db) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

/** Makes a {@link ScratchRun} on these servers; whoever asks for it removes it. */
export async function makeScratchRun(
  domains: Readonly<Record<string, ScratchDomain>>,
  servers: { readonly postgres: string; readonly mongodb: string },
): Promise<ScratchRun> {
  const workspace = await createScratchWorkspace(domains);
  const database = await createPostgresTestDatabase(servers.postgres);
  const withDb = <T>(domain: string, use: (db: Db) => Promise<T>) =>
    withMongoClient({ url: servers.mongodb, applicationName: 'finova tests' }, (client) =>
      use(client.db(workspace.namespace(domain))),
    );
  return {
    workspace,
    postgresUrl: database.url,
    context: async (more = {}) => {
      const workspaceDomains = await readWorkspaceDomains(workspace.folder, {});
      return {
        workspaceRoot: workspace.folder,
        domains: workspaceDomains,
        servers: new Map(
          workspaceDomains.map(({ name, engine }) => [
            name,
            { url: engine === 'postgres' ? database.url : servers.mongodb, label: engine, source: 'url' as const },
          ]),
        ),
        identity: TEST_IDENTITY,
        lockTimeoutMs: 10_000,
        ...more,
      };
    },
    withClient: (use) => withPostgresClient({ url: database.url, applicationName: 'finova tests' }, use),
    withDb,
    remove: async () => {
      await database.drop();
      for (const [name, { engine }] of Object.entries(domains)) {
        if (engine === 'mongodb') {
          await withDb(name, (db) => db.dropDatabase());
        }
      }
      await workspace.remove();
    },
  };
}
