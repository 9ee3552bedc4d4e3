import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A file that git knows or would add. */
export interface WorkspaceFile {
  /** Relative to the workspace, with slashes. */
  readonly path: string;
  text(): Promise<string>;
}

/** Lists the workspace's files whose path matches. */
export async function listFiles(workspace: string, pattern: RegExp): Promise<WorkspaceFile[]> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: workspace, maxBuffer: 16 * 1024 * 1024 },
  );
  return stdout
    .split('\0')
    .filter((path) => pattern.test(path) && existsSync(join(workspace, path)))
    .sort()
    .map((path) => ({ path, text: () => readFile(join(workspace, path), 'utf8') }));
}

/** Folders of the domain packages, relative to the workspace. */
export async function listDomainFolders(workspace: string): Promise<string[]> {
  const manifests = await listFiles(workspace, /^packages\/[^/]+\/database\.json$/);
  return manifests.map(({ path }) => path.replace('/database.json', ''));
}

/** TypeScript without its comments, line by line as before, so that findings can name the line. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '));
}
