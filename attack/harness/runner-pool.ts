import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { EngineOptions } from '@finova/db-kit/migrations';

/** What a runner answers. */
export interface RunnerAnswer {
  readonly applied?: readonly string[];
  readonly error?: string;
}

/** A process that migrates when it is told to. */
export class RunnerProcess {
  readonly process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.process = child;
  }

  static async start(): Promise<RunnerProcess> {
    const child = fork(join(import.meta.dirname, 'runner-process.ts'), [], {
      execArgv: ['--import', 'tsx', '--conditions=@finova/source'],
      stdio: 'ignore',
    });
    await once(child, 'message');
    return new RunnerProcess(child);
  }

  async up(options: EngineOptions): Promise<RunnerAnswer> {
    const answered = once(this.process, 'message');
    this.process.send(options);
    const [answer] = await answered;
    return answer as RunnerAnswer;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const exited = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await exited;
    }
  }
}

/** Starts many runners, a few at a time. */
export async function startRunners(count: number): Promise<RunnerProcess[]> {
  const runners: RunnerProcess[] = [];
  while (runners.length < count) {
    const missing = Math.min(4, count - runners.length);
    runners.push(...(await Promise.all(Array.from({ length: missing }, () => RunnerProcess.start()))));
  }
  return runners;
}
