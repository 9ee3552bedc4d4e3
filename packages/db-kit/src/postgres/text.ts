import { z } from 'zod';
import { hasLengthBetween, isWholeCharacters } from '../characters.ts';

/**
 * Text that PostgreSQL stores and gives back as it is, with 1 to `maxLength` characters as `char_length` counts them: an
 * emoji is one, of which `string.length` says two.
 *
 * @example
 * const description = postgresText(140).optional();
 */
export function postgresText(maxLength: number): z.ZodString {
  return z
    .string()
    .min(1)
    .refine((value) => hasLengthBetween(value, 1, maxLength), `expected at most ${maxLength} characters`)
    .refine((value) => !value.includes('\0'), 'expected no NUL character')
    .refine(isWholeCharacters, 'expected whole characters (Unicode code points)');
}

/**
 * A UUID as PostgreSQL gives it back: in small letters, however it was written. What is bound to an id by its text, as
 * encrypted fields are, is found again under it.
 */
export const uuid = z.uuid().toLowerCase();
