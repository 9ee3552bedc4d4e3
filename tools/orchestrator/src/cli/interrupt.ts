import { ExitCode } from './exit-code.ts';

/**
 * An abort signal that fires on Ctrl-C or SIGTERM; a second one ends the process at once, which is safe too: the
 * server rolls back what was open.
 */
export function interruptSignal(onInterrupt: () => void): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.exit(ExitCode.failed);
      }
      onInterrupt();
      controller.abort();
    });
  }
  return controller.signal;
}
