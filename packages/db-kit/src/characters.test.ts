import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasLengthBetween, isWholeCharacters } from './characters.ts';

it('counts code points', () => {
  expect(hasLengthBetween('😀😀', 2, 2)).toBe(true);
  expect(hasLengthBetween('😀😀', 3, 4)).toBe(false);
  expect(hasLengthBetween('a😀', 0, 1)).toBe(false);
  expect(hasLengthBetween('', 0, 0)).toBe(true);
});

it('agrees with counting every text whole', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(12), fc.nat(12), (text, minLength, more) => {
      const count = Array.from(text).length;
      expect(hasLengthBetween(text, minLength, minLength + more)).toBe(count >= minLength && count <= minLength + more);
    }),
  );
});

it('tells halves of characters from whole ones', () => {
  expect(['', 'a', '😀', 'é'].filter((text) => !isWholeCharacters(text))).toEqual([]);
  expect(['😀'.slice(0, 1), '😀'.slice(1), 'a😀'.slice(0, 2)].filter(isWholeCharacters)).toEqual([]);
});
