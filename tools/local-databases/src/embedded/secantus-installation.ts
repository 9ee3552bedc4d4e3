import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InstallationError } from '../errors.ts';

const run = promisify(execFile);

export const SECANTUS_VERSION = '0.7.0b3';
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
  if (existsSync(complete)) {
    return program;
  }
  const python = await findPython();
  onProgress?.(`Installing SecantusDB ${SECANTUS_VERSION} into ${environment} (once)`);
  await rm(environment, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  try {
    await run(python, ['-m', 'venv', environment]);
    // Local wheel folders may hold other builds of these versions, whose hashes do not match.
    const { PIP_FIND_LINKS: _, ...env } = process.env;
    const args = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '--only-binary=:all:',
    ];
    await run(join(environment, 'bin', 'python'), [...args, '-r', REQUIREMENTS], { env, timeout: 300_000 });
  } catch (cause) {
    const { stderr } = cause as { readonly stderr?: string };
    const problem = stderr?.trim().split('\n').at(-1) ?? String(cause);
    throw new InstallationError(problem, 'check the way to PyPI (pip config list), or set FINOVA_MONGODB_URL', cause);
  }
  await writeFile(complete, '');
  return program;
}

async function findPython(): Promise<string> {
  for (const candidate of PYTHONS) {
    const answer = await run(candidate, ['--version']).catch(() => undefined);
    if (answer !== undefined && SUPPORTED_PYTHON.test(answer.stdout)) {
      return candidate;
    }
  }
  throw new InstallationError(
    `expected Python 3.11, 3.12 or 3.13 on the PATH, found none`,
    'install one, put a mongod on the PATH, or set FINOVA_MONGODB_URL',
  );
}
