import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with plain lines that any pipeline can read: one `failed: test: why` for each failure, then
 * `N passed, N failed`.
 */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { readonly message?: string }[]): void {
    let passed = 0;
    // What failed outside a test, such as a set-up that threw, counts too: nothing fails without being counted.
    const failures = errors.map((error) => failure('outside the tests', error.message));
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === 'passed').length;
      const failed = tests.filter((test) => test.result().state === 'failed');
      failures.push(
        ...failed.map((test) =>
          failure(`${module.relativeModuleId} > ${test.fullName}`, test.result().errors?.[0]?.message),
        ),
      );
      if (failed.length === 0 && !module.ok()) {
        const suites = [...module.children.allSuites()];
        const [error] = [module, ...suites].flatMap((suite) => suite.errors());
        failures.push(failure(module.relativeModuleId, error?.message));
      }
    }
    const lines = [...failures, `${passed} passed, ${failures.length} failed`];
    // After the default reporter's summary, which is written on the same event.
    setImmediate(() => process.stdout.write(`${lines.join('\n')}\n`));
  }
}

function failure(what: string, why = 'no message'): string {
  return `failed: ${what}: ${why.split('\n', 1)[0]}`;
}
