import { errorMessage } from '@finova/db-kit';
import type { Outcome } from '../run/run-in-order.ts';
import { type Output, printError, printNotice } from './output.ts';

/** Outcomes as `--json` prints them; `failed` and `skipped` only where there are any. */
export function describeOutcomes<Result>(outcomes: ReadonlyMap<string, Outcome<Result>>) {
  const done: Result[] = [];
  const failed: { domain: string; error: string; message: string }[] = [];
  const skipped: { domain: string; because: string }[] = [];
  for (const [domain, outcome] of outcomes) {
    if (outcome.state === 'done') {
      done.push(outcome.result);
    } else if (outcome.state === 'failed') {
      const error = outcome.error instanceof Error ? outcome.error.name : 'Error';
      failed.push({ domain, error, message: errorMessage(outcome.error) });
    } else {
      skipped.push({ domain, because: outcome.because });
    }
  }
  return { done, ...(failed.length > 0 ? { failed } : {}), ...(skipped.length > 0 ? { skipped } : {}) };
}

/** Prints what failed and what did not run because of it. */
export function printFailures<Result>(
  output: Output,
  outcomes: ReadonlyMap<string, Outcome<Result>>,
  verbose: boolean,
  verb: 'migrated' | 'seeded',
): void {
  for (const [domain, outcome] of outcomes) {
    if (outcome.state === 'failed') {
      printError(output, outcome.error, verbose);
    } else if (outcome.state === 'skipped') {
      printNotice(output, `${domain} was not ${verb}, because ${outcome.because} was not`);
    }
  }
}
