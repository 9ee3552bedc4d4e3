import { errorMessage } from '@finova/db-kit';
import type { RelayEvent } from '@finova/db-kit/relaying';
import { RELAYING_DOMAIN, relay } from '../commands/relay.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { counted, formatDuration, printJson, printLine, printNotice } from './output.ts';

interface RelayCommandOptions {
  readonly once?: boolean;
  readonly batchSize: number;
  readonly pollInterval: number;
}

/** `finova-db relay [--once] [--batch-size N] [--poll-interval MS]` */
export async function relayCommand(
  environment: CommandEnvironment,
  { once = false, batchSize, pollInterval }: RelayCommandOptions,
): Promise<ExitCode> {
  const { output, options } = environment;
  const context = await openContext(environment, [RELAYING_DOMAIN]);
  const report = await relay(context, {
    once,
    batchSize,
    pollIntervalMs: pollInterval,
    onEvent: (event) => {
      if (event.type !== 'relayed') {
        printNotice(output, describeEvent(event));
      }
    },
  });
  if (options.json) {
    printJson(output, report);
  } else {
    const { messages, added, existing, erased, setAside, heldBack } = report;
    printLine(
      output,
      `Relayed ${counted(messages, 'message')}: ${counted(added, 'notification')} added, ${existing} there already, ${erased} of erased customers`,
    );
    if (setAside > 0) {
      printLine(output, `${counted(setAside, 'message')} set aside: see transactions.outbox_set_aside for the reasons`);
    }
    if (heldBack > 0) {
      printLine(output, `${counted(heldBack, 'message')} left, held back by an open transaction`);
    }
  }
  return report.setAside === 0 && report.heldBack === 0 ? ExitCode.done : ExitCode.attention;
}

/** What is told beside the result, so that nothing stands still unseen. */
function describeEvent(event: Exclude<RelayEvent, { readonly type: 'relayed' }>): string {
  switch (event.type) {
    case 'failed':
      return `A batch failed and is tried again in ${formatDuration(event.retryInMs)}: ${errorMessage(event.error)}`;
    case 'set-aside':
      return `Set aside ${event.topic} ${event.key}: ${event.reason}`;
    case 'held-back':
      return `${counted(event.messages, 'message')} held back for ${formatDuration(event.oldestAgeMs)} by the transaction of ${event.holder}`;
  }
}
