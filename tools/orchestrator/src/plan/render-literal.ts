/// <reference path="./pg-utils.d.ts" />
import { escapeLiteral } from 'pg';
import { prepareValue } from 'pg/lib/utils.js';

/**
 * A parameter's value as SQL, for people to read and to run. In quotes whatever it is: the server works out the type
 * of a quoted literal from where it stands, as it does for a parameter, and not so that of `5`, `true` or `ARRAY[…]`.
 *
 * @example
 * renderLiteral(5n); // '5'
 * renderLiteral(['a', null]); // '{"a",NULL}'
 */
export function renderLiteral(value: unknown): string {
  const sent = prepareValue(value);
  if (sent === null) {
    return 'NULL';
  }
  // What the driver sends as bytes is no text in any encoding.
  return typeof sent === 'string' ? escapeLiteral(sent).trim() : `'\\x${sent.toString('hex')}'::bytea`;
}
