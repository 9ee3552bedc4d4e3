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
