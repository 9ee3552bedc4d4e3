import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ProjectGraphError } from './workspace-errors.ts';

/** What the migration order needs of the Nx project graph. */
export interface ProjectGraphExtract {
  readonly projects: readonly {
    readonly name: string;
    /** Relative to the workspace. */
    readonly root: string;
    /** Names of the workspace projects it depends on directly. */
    readonly dependsOn: readonly string[];
  }[];
}

/** The folders of npm's workspaces, as in the root package.json. */
const PROJECT_FOLDERS = ['packages', 'tools'];
const PROJECT_FILES = ['package.json', 'project.json', 'database.json'];

/**
 * Reads the Nx project graph, reduced to workspace projects.
 *
 * Nx takes half a second to compute it, so the extract is kept and used again while every file that decides about
 * edges is byte for byte the same: nx.json and each project's package.json, project.json and database.json. An
 * import cannot add an edge behind their back, because the linter refuses imports that package.json does not declare.
 *
 * @throws {ProjectGraphError}
 */
export async function readProjectGraph(workspaceRoot: string): Promise<ProjectGraphExtract> {
  const key = await graphKey(workspaceRoot);
  const file = join(workspaceRoot, 'node_modules', '.cache', 'finova-db', `project-graph-${key}.json`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) {
    return JSON.parse(kept) as ProjectGraphExtract;
  }
  const graph = await computeProjectGraph(workspaceRoot);
  await mkdir(dirname(file), { recursive: true });
  // Renamed into place, so that nobody ever reads half of it.
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, JSON.stringify(graph));
  await rename(unfinished, file);
  return graph;
}

/**
 * Asks Nx itself, in a process of its own: Nx settles on one workspace per process.
 *
 * @throws {ProjectGraphError}
 */
export async function computeProjectGraph(workspaceRoot: string): Promise<ProjectGraphExtract> {
  const script = join(import.meta.dirname, 'print-project-graph.js');
  // Of several processes of Nx that share a folder one computes, and the others expect to find what it cached.
  const dataFolder = await mkdtemp(join(tmpdir(), 'finova-nx-'));
  const environment = {
    ...process.env,
    NX_DAEMON: 'false',
    // Nx's own cache goes by modification times, which two quick edits can share.
    NX_CACHE_PROJECT_GRAPH: 'false',
    NX_ISOLATE_PLUGINS: 'false',
    NX_WORKSPACE_DATA_DIRECTORY: dataFolder,
    NX_WORKSPACE_ROOT_PATH: workspaceRoot,
  };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: workspaceRoot, env: environment });
    return JSON.parse(stdout) as ProjectGraphExtract;
  } catch (cause) {
    throw new ProjectGraphError(cause);
  } finally {
    await rm(dataFolder, { recursive: true, force: true });
  }
}

async function graphKey(workspaceRoot: string): Promise<string> {
  const hash = createHash('sha256');
  const add = async (path: string) => {
    const content = await readFile(join(workspaceRoot, path)).catch(() => undefined);
    hash.update(`${path}\0${content?.length ?? 'none'}\0`).update(content ?? '');
  };
  await add('nx.json');
  await add('package.json');
  for (const folder of PROJECT_FOLDERS) {
    const entries = await readdir(join(workspaceRoot, folder)).catch(() => []);
    for (const entry of entries.sort()) {
      for (const file of PROJECT_FILES) {
        await add(join(folder, entry, file));
      }
    }
  }
  return hash.digest('hex').slice(0, 16);
}
