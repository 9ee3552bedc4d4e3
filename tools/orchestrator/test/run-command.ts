import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { testMongoUrl, testPostgresUrl } from '@finova/db-kit/testing';

const COMMAND = join(import.meta.dirname, '..', 'bin', 'finova-db.js');

/** How a command ended and what it printed. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCommandOptions {
  readonly folder: string;
  /** Set on top of the test servers' URLs; `undefined` unsets. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Hears of the process while it runs, to send it signals. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs `finova-db` as its users do: as a process. */
export function runCommand(args: readonly string[], options: RunCommandOptions): Promise<CommandResult> {
  const { INIT_CWD: _, FINOVA_DATABASES: __, ...inherited } = process.env;
  const environment = {
    ...inherited,
    FINOVA_POSTGRES_URL: testPostgresUrl(),
    FINOVA_MONGODB_URL: testMongoUrl(),
    FINOVA_ACTOR: 'command tests',
    ...options.environment,
  };
  const set = Object.entries(environment).filter(([, value]) => value !== undefined);
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: options.folder, env: Object.fromEntries(set) });
  options.onStart?.(child);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
