import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { SelectServersOptions } from '../src/select-servers.ts';

/** A process that selected servers and still runs. */
export interface SelectingProcess {
  /** The URLs it got, by engine. */
  readonly urls: Promise<Record<string, string>>;
  /** Ends it as a crash would: it stops nothing. */
  kill(): Promise<void>;
}

/** Selects servers in a process of its own; the running test kills it at the latest when it ends. */
export function selectInProcess(options: Pick<SelectServersOptions, 'workspaceRoot' | 'purpose'>): SelectingProcess {
  const script = join(import.meta.dirname, 'run-select.ts');
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@finova/source', script, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FINOVA_DATABASES: 'embedded' } },
  );
  const ended = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const errors = text(child.stderr);
  const urls = new Promise<Record<string, string>>((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', async () => reject(new Error(await errors)));
  });
  return { urls, kill };
}
