import { errorMessage, FinovaError } from '@finova/db-kit';
import Table from 'cli-table3';
import colors from 'yoctocolors';

/** Where a command prints; tests give it buffers. */
export interface Output {
  /** Results: standard output. */
  readonly result: NodeJS.WritableStream;
  /** Everything else: standard error. */
  readonly notice: NodeJS.WritableStream;
  /** Colours and progress only for a terminal. */
  readonly isTerminal: boolean;
}

/** The process's own streams. */
export const processOutput: Output = {
  result: process.stdout,
  notice: process.stderr,
  isTerminal: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
};

/** Prints a result as one JSON document, and nothing else, on standard output. */
export function printJson(output: Output, value: unknown): void {
  const text = JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item), 2);
  output.result.write(`${text}\n`);
}

/** Prints rows below a head line. */
export function printTable(output: Output, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new Table({ head: [...head], style: { head: output.isTerminal ? ['bold'] : [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  output.result.write(`${table.toString()}\n`);
}

/** Prints a line of the result. */
export function printLine(output: Output, line = ''): void {
  output.result.write(`${line}\n`);
}

/** Prints a line beside the result, such as which server was picked. */
export function printNotice(output: Output, line: string): void {
  output.notice.write(`${output.isTerminal ? colors.dim(line) : line}\n`);
}

/**
 * Prints what went wrong in one message; with `verbose` also the stack of the error and of its causes.
 */
export function printError(output: Output, thrown: unknown, verbose: boolean): void {
  const label = output.isTerminal ? colors.red('error:') : 'error:';
  output.notice.write(`${label} ${errorMessage(thrown)}\n`);
  if (verbose) {
    for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
      output.notice.write(`${cause.stack ?? cause.message}\n`);
    }
  } else if (!(thrown instanceof FinovaError)) {
    printNotice(output, 'This failure was not foreseen; run again with --verbose to see where it happened');
  }
}

/** `1.2 s`, `350 ms` */
export function formatDuration(durationMs: number): string {
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1_000).toFixed(1)} s`;
}

/** `1 migration`, `2 migrations` */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
