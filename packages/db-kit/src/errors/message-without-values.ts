import { DatabaseError } from 'pg';
import { errorMessage } from './finova-error.ts';
import { isMongoServerError } from './mongo-errors.ts';

/**
 * The message of what was thrown, without the values that servers put into some of theirs: PostgreSQL quotes the text
 * that it could not read (class 22, "data exception"), MongoDB the key that was there already. Either may be a
 * customer's, and messages go to logs and to the history.
 *
 * @example
 * messageWithoutValues(error); // invalid input syntax for type integer: "…"
 */
export function messageWithoutValues(thrown: unknown): string {
  const message = errorMessage(thrown);
  if (thrown instanceof DatabaseError && thrown.code?.startsWith('22') === true) {
    // To the last quote: the value may hold quotes itself.
    return message.replace(/".*"/s, '"…"');
  }
  if (isMongoServerError(thrown)) {
    return message.replace(/(dup key: )\{.*\}/s, '$1{ … }');
  }
  return message;
}
