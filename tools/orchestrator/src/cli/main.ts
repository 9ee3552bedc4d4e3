import { CommanderError } from 'commander';
import { ExitCode } from './exit-code.ts';
import { interruptSignal } from './interrupt.ts';
import { printError, printNotice, processOutput } from './output.ts';
import { createProgram } from './program.ts';

/**
 * Runs the command of `argv` and sets the process's exit code; never throws.
 *
 * @param argv - as `process.argv`.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const output = processOutput;
  const signal = interruptSignal(() =>
    printNotice(output, 'Interrupted: finishing safely; press Ctrl-C again to stop at once'),
  );
  const host = {
    output,
    workingFolder: process.cwd(),
    signal,
    onExit: (code: ExitCode) => {
      process.exitCode = code;
    },
  };
  try {
    await createProgram(host).parseAsync([...argv]);
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      // commander has printed its message; asking for help or the version is no failure.
      process.exitCode = thrown.exitCode === 0 ? ExitCode.done : ExitCode.failed;
      return;
    }
    printError(output, thrown, argv.includes('--verbose'));
    process.exitCode = ExitCode.failed;
  }
}
