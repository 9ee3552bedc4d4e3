import { execFile } from 'node:child_process';
import { FinovaError } from '@finova/db-kit';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** A program that a benchmark started did not do what it was asked to. */
export class ProgramFailedError extends FinovaError {
  readonly program: string;

  constructor(program: string, output: string, cause: unknown) {
    super({ message: `${program} failed: ${lastLines(output)}`, next: 'run it by hand', cause });
    this.program = program;
  }
}

export interface ProgramOptions {
  readonly folder: string;
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a program printed, and how long it took from its start to its end. */
export interface ProgramResult {
  readonly output: string;
  readonly durationMs: number;
}

/**
 * Runs a program to its end.
 *
 * @throws {ProgramFailedError} when it cannot be started or exits with another code than 0.
 */
export async function runProgram(
  program: string,
  parameters: readonly string[],
  { folder, environment = {} }: ProgramOptions,
): Promise<ProgramResult> {
  const startedAtMs = performance.now();
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...parameters],
      { cwd: folder, env: { ...process.env, ...environment }, maxBuffer: MAX_OUTPUT_BYTES },
      (failure, output, errors) => {
        const durationMs = performance.now() - startedAtMs;
        if (failure === null) {
          resolve({ output, durationMs });
        } else {
          reject(new ProgramFailedError(program, `${output}\n${errors}`, failure));
        }
      },
    );
  });
}

/** Without passwords: programs repeat the URL that they were given. */
function lastLines(output: string): string {
  const lines = output
    .replaceAll(/:\/\/[^@\s]*@/g, '://***@')
    .trim()
    .split('\n')
    .slice(-5);
  return lines.join(' / ') || 'it printed nothing';
}
