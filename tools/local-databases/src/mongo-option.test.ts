import { expect, it } from 'vitest';
import { withMongoOption } from './mongo-option.ts';

it.each([
  ['mongodb://127.0.0.1:27017', 'mongodb://127.0.0.1:27017/?socketTimeoutMS=5000'],
  ['mongodb://user:p%40ss@one,two', 'mongodb://user:p%40ss@one,two/?socketTimeoutMS=5000'],
  ['mongodb+srv://host/', 'mongodb+srv://host/?socketTimeoutMS=5000'],
  ['mongodb://host/db?directConnection=true', 'mongodb://host/db?directConnection=true&socketTimeoutMS=5000'],
  ['mongodb://host/?SocketTimeoutMS=1', 'mongodb://host/?SocketTimeoutMS=1'],
])('adds an option to %s where it is not set', (url, expected) => {
  expect(withMongoOption(url, 'socketTimeoutMS', 5_000)).toBe(expected);
});
