import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { TOOL_VERSION } from '../tool-version.ts';

/** Who runs migrations, from where and with what: recorded with every attempt. */
export interface RunIdentity {
  /** The person or pipeline: `FINOVA_ACTOR`, else the operating system's user. */
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  /** Commit of the checkout, or `null` outside a git repository. */
  readonly gitCommit: string | null;
  readonly toolVersion: string;
}

/**
 * Describes this process for the journal and the history.
 *
 * @param folder - any folder of the checkout whose commit is recorded.
 */
export async function readRunIdentity(folder: string, environment = process.env): Promise<RunIdentity> {
  return {
    actor: environment['FINOVA_ACTOR'] ?? operatingSystemUser(),
    host: hostname(),
    pid: process.pid,
    gitCommit: environment['FINOVA_GIT_COMMIT'] ?? (await readGitCommit(folder)),
    toolVersion: TOOL_VERSION,
  };
}

function operatingSystemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers often run under a number that no user has.
    return `uid ${process.getuid?.()}`;
  }
}

async function readGitCommit(folder: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: folder });
    return stdout.trim();
  } catch {
    // A deployed package has no repository, and a machine may have no git: the commit is then unknown, not wrong.
    return null;
  }
}
