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
 * @param mustReach - a file the programs have to read. Below a home folder that only root may enter, the user is
 * given the one capability to read and search past it, and none to write.
 */
export async function unprivilegedRunner(mustReach: string): Promise<UnprivilegedRunner> {
  const environment = { ...process.env, LC_ALL: 'C', LANG: 'C' };
  if (process.getuid?.() !== 0) {
    return { run: (program, args) => run(program, [...args], { env: environment }), own: async () => {} };
  }
  const { uid, gid } = await ensureUser();
  const asUser = { uid, gid, cwd: '/', env: environment };
  const own = (path: string) => chown(path, uid, gid);
  const reaches = await run('test', ['-r', mustReach], asUser).then(
    () => true,
    () => false,
  );
  if (reaches) {
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
  return {
    run: (program, args) => run('setpriv', [...withCapability, program, ...args], { cwd: '/', env: environment }),
    own,
  };
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
      throw new EmbeddedServerError(
        'PostgreSQL',
        `it does not run as root, and the system user ${USER} could not be created`,
        undefined,
        cause,
      );
    }
  }
}
