import type { TestContext } from 'vitest';

/** Skips a test because of what the server answered, and says so where everybody sees it. */
export function skipWithALine(context: TestContext, reason: string): never {
  process.stderr.write(`skipped: ${context.task.name}: ${reason}\n`);
  return context.skip(reason);
}
