import { execFile } from 'node:child_process';
import { chown } from 'node:fs/promises';
import { promisify } from 'node:util';
import { EmbeddedServerError } from '../errors.ts';

const run = promisify(execFile);
const USER = 'postgres';

/** How to run PostgreSQL's programs, which refuse to run as root. */
export interface UnprivilegedRunner {
  /** Runs a program to its end. */
  run(program: string, args: readonly string[]): Promise<{ stdout: string }>;
  /** Gives a file or folder to the user the programs run as. */
  own(path: string): Promise<void>;
}

/**
 * Runs programs as this process's user, or, for root, as the system user `postgres`, which is created when missing.
 *
 * @param mustReach - paths the programs have to get to. Below a home folder that only root may enter, the user is
 * given the one capability to read and search past it, and none to write.
 * @throws {EmbeddedServerError} when the user cannot be created, or cannot be let past such a folder.
 */
export async function unprivilegedRunner(...mustReach: readonly string[]): Promise<UnprivilegedRunner> {
  // PGPORT, PGDATA and their like are meant for other servers.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  const environment = { ...Object.fromEntries(inherited), LC_ALL: 'C', LANG: 'C' };
  if (process.getuid?.() !== 0) {
    return { run: (program, args) => run(program, [...args], { env: environment }), own: async () => {} };
  }
  const { uid, gid } = await ensureUser();
  const asUser = { uid, gid, cwd: '/', env: environment };
  const own = (path: string) => chown(path, uid, gid);
  if (await succeeds(mustReach.map((path) => run('test', ['-x', path], asUser)))) {
    return { run: (program, args) => run(program, [...args], asUser), own };
  }
  const capability = '+dac_read_search';
  const withCapability = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
  ];
  const options = { cwd: '/', env: environment };
  if (!(await succeeds([run('setpriv', [...withCapability, 'true'], options)]))) {
    throw new EmbeddedServerError(
      'PostgreSQL',
      `it does not run as root, and the system user ${USER} cannot get to ${mustReach.join(' and ')}; move the workspace out of the folder that only root may enter, let others pass through that folder (chmod o+x), or set FINOVA_POSTGRES_URL`,
      undefined,
    );
  }
  return { run: (program, args) => run('setpriv', [...withCapability, program, ...args], options), own };
}

function succeeds(runs: readonly Promise<unknown>[]): Promise<boolean> {
  return Promise.all(runs).then(
    () => true,
    () => false,
  );
}

async function ensureUser(): Promise<{ uid: number; gid: number }> {
  const lookUp = async () => {
    const [uid, gid] = await Promise.all([run('id', ['-u', USER]), run('id', ['-g', USER])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  };
  try {
    return await lookUp();
  } catch {
    try {
      await run('useradd', ['--system', '--user-group', '--no-create-home', USER]);
      return await lookUp();
    } catch (cause) {
      // Another process may have created it in the same moment.
      const created = await lookUp().catch(() => undefined);
      if (created !== undefined) {
        return created;
      }
      throw new EmbeddedServerError(
        'PostgreSQL',
        `it does not run as root, and the system user ${USER} could not be created`,
        undefined,
        cause,
      );
    }
  }
}
