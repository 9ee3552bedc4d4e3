import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOptions } from '@finova/db-kit/migrations';
import { onTestFinished } from 'vitest';

/** A migrator running as another process. */
export interface MigratorProcess {
  readonly pid: number;
  /** What it printed, once it ended: applied names as JSON, or its error. */
  readonly ended: Promise<{ readonly output: string; readonly errors: string }>;
  /** Ends it as a crash would: no handler runs, no connection is closed. */
  kill(): Promise<void>;
}

/** Starts `up` in a process of its own; the running test kills it at the latest when it ends. */
export function startMigratorProcess(options: EngineOptions): MigratorProcess {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@finova/source',
      join(import.meta.dirname, 'run-migrator.ts'),
      JSON.stringify(options),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]).then(([output, errors]) => ({
    output,
    errors,
  }));
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return { pid: child.pid ?? 0, ended, kill };
}

async function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit');
  }
}

/** Polls until `condition` holds; for what another process or the server does in its own time. */
export async function eventually(what: string, condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const endsAtMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endsAtMs) {
      throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    }
    await sleep(20);
  }
}
