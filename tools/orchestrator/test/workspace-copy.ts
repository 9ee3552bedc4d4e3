import { execFile } from 'node:child_process';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);
const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

/** A copy of this workspace as it is now, in a git repository of its own. */
export interface WorkspaceCopy {
  readonly folder: string;
  /** Adds text at the end of a file, or makes it. */
  append(path: string, text: string): Promise<void>;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  git(...args: readonly string[]): Promise<string>;
  /** Runs a command of the copy's node_modules, with caches of its own. */
  run(command: string, ...args: readonly string[]): Promise<string>;
  /** Runs a script of the copy. */
  node(script: string, ...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Copies every file that git knows or would add. Packages are those of this workspace, except its own. */
export async function copyWorkspace(): Promise<WorkspaceCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'finova-workspace-'));
  const listed = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: WORKSPACE });
  for (const path of listed.stdout.split('\0').filter((line) => line !== '')) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    // A file that was removed and not committed is still listed.
    await copyFile(join(WORKSPACE, path), join(folder, path)).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') {
        throw thrown;
      }
    });
  }
  await linkPackages(join(WORKSPACE, 'node_modules'), join(folder, 'node_modules'));
  const environment = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_CACHE_DIRECTORY: join(folder, '.nx', 'cache'),
    NX_WORKSPACE_DATA_DIRECTORY: join(folder, '.nx', 'data'),
    NX_WORKSPACE_ROOT_PATH: folder,
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    GIT_AUTHOR_NAME: 'tests',
    GIT_AUTHOR_EMAIL: 'tests@example.com',
    GIT_COMMITTER_NAME: 'tests',
    GIT_COMMITTER_EMAIL: 'tests@example.com',
  };
  const execute = async (command: string, args: readonly string[]) => {
    const options = { cwd: folder, env: environment, maxBuffer: 64 * 1024 * 1024 };
    // Where `CI` is set, Nx writes in colour even to a pipe.
    return stripVTControlCharacters((await run(command, [...args], options)).stdout);
  };
  const copy: WorkspaceCopy = {
    folder,
    append: (path, text) => appendFile(join(folder, path), text),
    write: async (path, text) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    },
    read: (path) => readFile(join(folder, path), 'utf8'),
    git: (...args) => execute('git', args),
    run: (command, ...args) => execute(join(folder, 'node_modules', '.bin', command), args),
    node: (script, ...args) => execute(process.execPath, [script, ...args]),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await copy.git('init', '--quiet', '--initial-branch', 'main');
  await copy.git('add', '--all');
  await copy.git('commit', '--quiet', '--message', 'The workspace');
  return copy;
}

/** Links what is installed; links inside it, such as those to the workspace's packages, lead into the copy. */
async function linkPackages(installed: string, folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of await readdir(installed)) {
    if (name === '.bin' || name === '@finova') {
      await mkdir(join(folder, name));
      for (const entry of await readdir(join(installed, name))) {
        await symlink(await readlink(join(installed, name, entry)), join(folder, name, entry));
      }
    } else if (!name.startsWith('.')) {
      await symlink(join(installed, name), join(folder, name));
    }
  }
}
