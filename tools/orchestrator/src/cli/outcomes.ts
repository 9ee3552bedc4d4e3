import { errorMessage } from '@finova/db-kit';
import type { Outcome } from '../run/run-in-order.ts';
import { type Output, printError, printNotice } from './output.ts';

/** What a run did of a domain that it did not finish. */
interface Progress {
  readonly applied: readonly string[];
  readonly notRun: readonly string[];
}

/** Outcomes as `--json` prints them; `failed` and `skipped` only where there are any. */
export function describeOutcomes<Result>(outcomes: ReadonlyMap<string, Outcome<Result> & Partial<Progress>>) {
  const done: Result[] = [];
  const failed: ({ domain: string; error: string; message: string } & Partial<Progress>)[] = [];
  const skipped: ({ domain: string; because: string } & Partial<Progress>)[] = [];
  for (const [domain, outcome] of outcomes) {
    const { applied, notRun } = outcome;
    const progress = applied === undefined || notRun === undefined ? {} : { applied, notRun };
    if (outcome.state === 'done') {
      done.push(outcome.result);
    } else if (outcome.state === 'failed') {
      const error = outcome.error instanceof Error ? outcome.error.name : 'Error';
      failed.push({ domain, error, message: errorMessage(outcome.error), ...progress });
    } else {
      skipped.push({ domain, because: outcome.because, ...progress });
    }
  }
  return { done, ...(failed.length > 0 ? { failed } : {}), ...(skipped.length > 0 ? { skipped } : {}) };
}

/** Prints what failed and what did not run because of it. */
export function printFailures<Result>(
  output: Output,
  outcomes: ReadonlyMap<string, Outcome<Result> & Partial<Progress>>,
  verbose: boolean,
  verb: 'migrated' | 'seeded',
): void {
  for (const [domain, outcome] of outcomes) {
    if (outcome.state === 'failed') {
      printError(output, outcome.error, verbose);
      printProgress(output, domain, outcome);
    } else if (outcome.state === 'skipped') {
      printNotice(output, `${domain} was not ${verb}, because ${outcome.because} was not`);
    }
  }
}

function printProgress(output: Output, domain: string, { applied = [], notRun = [] }: Partial<Progress>): void {
  if (applied.length > 0) {
    printNotice(output, `${domain}: applied before that: ${applied.join(', ')}`);
  }
  if (notRun.length > 0) {
    printNotice(output, `${domain}: did not run: ${notRun.join(', ')}`);
  }
}
