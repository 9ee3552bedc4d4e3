import { describe, expect, it } from 'vitest';
import { errorMessage, FinovaError } from './finova-error.ts';

class TeapotError extends FinovaError {
  constructor(next?: string, cause?: unknown) {
    super({ message: 'The server is a teapot', ...(next === undefined ? {} : { next }), cause });
  }
}

describe('a FinovaError', () => {
  it('carries its next step in the message and by itself', () => {
    const error = new TeapotError('ask for tea');
    expect(error.message).toBe('The server is a teapot; ask for tea');
    expect(error.next).toBe('ask for tea');
  });

  it('may have no next step', () => {
    expect(new TeapotError().message).toBe('The server is a teapot');
    expect(new TeapotError().next).toBeUndefined();
  });

  it('keeps its cause, and has none where there was none', () => {
    const cause = new Error('418');
    expect(new TeapotError(undefined, cause).cause).toBe(cause);
    expect('cause' in new TeapotError()).toBe(false);
  });

  it('is an Error named after its class', () => {
    const error = new TeapotError();
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('TeapotError');
    expect(String(error)).toBe('TeapotError: The server is a teapot');
    expect(error.stack).toContain('finova-error.test.ts');
  });
});

describe('the message of what was thrown', () => {
  it.each<[string, unknown, string]>([
    ['an Error', new Error('no'), 'no'],
    ['text', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
    ['an AggregateError with a message', new AggregateError([new Error('one')], 'all failed'), 'all failed'],
    ['an AggregateError without one', new AggregateError([new Error('one'), 'two']), 'one, two'],
    ['AggregateErrors in an AggregateError', new AggregateError([new AggregateError([new Error('deep')])]), 'deep'],
  ])('is found in %s', (_, thrown, message) => {
    expect(errorMessage(thrown)).toBe(message);
  });
});
