/** What a {@link FinovaError} is built from. */
export interface FinovaErrorOptions {
  /** What happened, to which thing, what was expected and what was found. Never a secret or a parameter value. */
  readonly message: string;
  /** The command or action that gets the reader further, as an imperative: `run finova-db status`. */
  readonly next?: string;
  readonly cause?: unknown;
}

/**
 * The base of every error this project throws on purpose. One class per failure, its facts as fields.
 *
 * The message carries the next step, so that it helps wherever it is printed: `<message>; <next>`.
 *
 * @example
 * class SeedRefusedError extends FinovaError {
 *   readonly domain: string;
 *   constructor(domain: string) {
 *     super({ message: `Domain ${domain} holds rows that are not from the seed`, next: 'use an empty database' });
 *     this.domain = domain;
 *   }
 * }
 */
export abstract class FinovaError extends Error {
  readonly next: string | undefined;

  constructor({ message, next, cause }: FinovaErrorOptions) {
    super(next === undefined ? message : `${message}; ${next}`, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.next = next;
  }
}

/**
 * The message of whatever was thrown: drivers also throw strings and `AggregateError`s without a message
 * (Node reports a refused dual-stack connection so).
 */
export function errorMessage(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map(errorMessage).join(', ');
  }
  return thrown instanceof Error ? thrown.message : String(thrown);
}
