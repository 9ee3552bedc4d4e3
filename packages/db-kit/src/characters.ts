/**
 * Whether a text has from `minLength` to `maxLength` characters, as both databases count them: Unicode code points
 * (`char_length`, `minLength` of a `$jsonSchema`), where JavaScript's `length` counts '😀' twice.
 */
export function hasLengthBetween(value: string, minLength: number, maxLength: number): boolean {
  // No text has more code points than units, nor less than half as many: one that is far too long need not be counted.
  if (value.length < minLength || value.length > 2 * maxLength) {
    return false;
  }
  const length = [...value].length;
  return length >= minLength && length <= maxLength;
}

/** Half of a surrogate pair, as cutting a text between two units leaves one. */
const HALF_A_PAIR = /\p{Surrogate}/u;

/** Whether a text is whole characters only. Both drivers would send another character in the place of half a one. */
export function isWholeCharacters(value: string): boolean {
  return !HALF_A_PAIR.test(value);
}
