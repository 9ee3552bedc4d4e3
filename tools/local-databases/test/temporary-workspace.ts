import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { dataFolder, ensureDataFolder } from '../src/data-folder.ts';
import { findMongoProgram } from '../src/embedded/mongo-program.ts';
import { MongoServer } from '../src/embedded/mongo-server.ts';
import { PostgresCluster } from '../src/embedded/postgres-cluster.ts';
import { throwAwayFoldersOf } from '../src/embedded/throw-away-servers.ts';
import { stopLocal } from '../src/local.ts';

const THIS_WORKSPACE = join(import.meta.dirname, '..', '..', '..');
/** What is installed or remembered once per workspace, and the same for all. */
const SHARED = /^(?:mongod(?:-download-failed)?|secantusdb-.*)$/;

/**
 * The root of a workspace of the running test's own, without servers; gone with its servers when the test ends. The
 * MongoDB program is this workspace's, so that it is not installed for every test.
 */
export async function temporaryWorkspace(): Promise<string> {
  const shared = await ensureDataFolder(THIS_WORKSPACE);
  await findMongoProgram(shared);
  const root = await mkdtemp(join(tmpdir(), 'finova-workspace-'));
  onTestFinished(async () => {
    // SecantusDB takes two seconds to end politely, for data that nobody wants any more.
    await MongoServer.stop(join(dataFolder(root), 'mongodb'), 0);
    await stopLocal({ workspaceRoot: root });
    // A test that failed stopped none of its own.
    for (const own of await throwAwayFoldersOf(root)) {
      await Promise.all([new PostgresCluster(own, { throwAway: true }).stop(), MongoServer.stop(own, 0)]);
      await rm(own, { recursive: true, force: true });
    }
    await rm(root, { recursive: true, force: true });
  });
  await mkdir(dataFolder(root));
  for (const name of await readdir(shared)) {
    if (SHARED.test(name) && existsSync(join(shared, name))) {
      await symlink(join(shared, name), join(dataFolder(root), name));
    }
  }
  return root;
}
