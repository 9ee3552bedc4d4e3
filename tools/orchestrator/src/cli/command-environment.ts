import type { Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly lockTimeoutMs: number;
}

/** What a command needs of the process around it. */
export interface CommandEnvironment {
  readonly output: Output;
  readonly workingFolder: string;
  readonly signal: AbortSignal;
  readonly options: GlobalOptions;
}
