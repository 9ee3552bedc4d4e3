import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any pipeline can read: `N passed, N failed`. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    // What failed outside a test, such as a set-up that threw, counts too: nothing fails without being counted.
    let failed = errors.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === 'passed').length;
      const failedTests = tests.filter((test) => test.result().state === 'failed').length;
      failed += Math.max(failedTests, module.ok() ? 0 : 1);
    }
    // After the default reporter's summary, which is written on the same event.
    setImmediate(() => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
