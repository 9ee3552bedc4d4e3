import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage, FinovaError } from '@finova/db-kit';
import { readDomain } from '@finova/db-kit/migrations';
import { dataFolder } from '@finova/local-databases';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** What migrations are made of, in each domain's folder. */
const MIGRATION_FILES = ['migrations', 'repeatables', 'database.json'];

/** git does not know the commit, or there is no repository. */
export class UnknownCommitError extends FinovaError {
  readonly commit: string;

  constructor(commit: string, cause: unknown) {
    super({
      message: `The files of commit ${commit} cannot be read: ${lastLine(cause)}`,
      next: 'name a commit that this clone has; fetch it first where it was cloned without its history',
      cause,
    });
    this.commit = commit;
  }
}

/**
 * Writes the migrations of these domains as a commit has them into a folder that is removed however `use` ends, and
 * hands over the domains that the commit has, with their folders there.
 *
 * @param commit - anything that git takes for one: `origin/main`, `HEAD~1`.
 * @throws {UnknownCommitError | InvalidDomainManifestError}
 */
export async function withDomainsAtCommit<T>(
  workspaceRoot: string,
  domains: readonly WorkspaceDomain[],
  commit: string,
  use: (domains: readonly WorkspaceDomain[], folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(dataFolder(workspaceRoot), { recursive: true });
  // Inside the workspace, so that migrations find the packages that they import.
  const folder = await mkdtemp(join(dataFolder(workspaceRoot), 'at-commit-'));
  try {
    await writeFilesOf(workspaceRoot, domains, commit, folder).catch((thrown: unknown) => {
      throw new UnknownCommitError(commit, thrown);
    });
    return await use(await readDomains(workspaceRoot, domains, folder), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeFilesOf(
  workspaceRoot: string,
  domains: readonly WorkspaceDomain[],
  commit: string,
  folder: string,
): Promise<void> {
  const run = async (program: string, ...args: readonly string[]) =>
    (await promisify(execFile)(program, [...args], { cwd: workspaceRoot })).stdout;
  const wanted = domains.flatMap((domain) =>
    MIGRATION_FILES.map((name) => join(relative(workspaceRoot, domain.folder), name)),
  );
  const there = (await run('git', 'ls-tree', '-z', '--name-only', `${commit}^{commit}`, '--', ...wanted)).split('\0');
  const archive = join(folder, 'files.tar');
  await run('git', 'archive', '--format=tar', `--output=${archive}`, commit, '--', ...there.filter(Boolean));
  await run('tar', '-x', '-f', archive, '-C', folder);
}

async function readDomains(
  workspaceRoot: string,
  domains: readonly WorkspaceDomain[],
  folder: string,
): Promise<WorkspaceDomain[]> {
  const found: WorkspaceDomain[] = [];
  for (const domain of domains) {
    const folderThen = join(folder, relative(workspaceRoot, domain.folder));
    if (existsSync(join(folderThen, 'database.json'))) {
      const then = await readDomain(folderThen);
      // A MongoDB database may be called otherwise in this run; a PostgreSQL schema is what migrations call it.
      const namespace = then.engine === 'mongodb' ? domain.namespace : then.namespace;
      found.push({ ...domain, ...then, folder: folderThen, namespace });
    }
  }
  const names = new Set(found.map(({ name }) => name));
  return found.map((domain) => ({ ...domain, dependsOn: domain.dependsOn.filter((name) => names.has(name)) }));
}

function lastLine(cause: unknown): string | undefined {
  return errorMessage(cause).trim().split('\n').at(-1);
}
