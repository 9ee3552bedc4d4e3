import { FinovaError } from '@finova/db-kit';

/** What was asked of a generator cannot be written into this workspace; nothing was. */
export class GeneratorRefusedError extends FinovaError {
  /** What was to be generated: `domain cards-db`. */
  readonly what: string;

  constructor(what: string, problem: string, next: string) {
    super({ message: `The ${what} was not generated: ${problem}`, next });
    this.what = what;
  }
}
