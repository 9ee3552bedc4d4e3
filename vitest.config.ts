import { defaultServerConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/closing-line-reporter.ts';

/** Packages resolve each other's TypeScript sources through this export condition, so nothing needs a build. */
const SOURCE_CONDITION = '@finova/source';

/** Adds the condition to every environment: Vitest runs test files and global set-up in different ones. */
const resolveSources: Plugin = {
  name: 'finova-resolve-sources',
  configEnvironment: () => ({
    resolve: {
      conditions: [SOURCE_CONDITION, ...defaultServerConditions],
      externalConditions: [SOURCE_CONDITION],
      noExternal: [/^@finova\//],
    },
  }),
};

const wantsContainers = process.env['FINOVA_DATABASES'] === 'containers';

export default defineConfig({
  plugins: [resolveSources],
  test: {
    include: [
      'packages/*/{src,test}/**/*.test.ts',
      'tools/*/{src,test}/**/*.test.ts',
      'bench/**/*.test.ts',
      'attack/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    // Those need a Docker daemon: npm run test:containers.
    exclude: ['**/node_modules/**', ...(wantsContainers ? [] : ['**/*.containers.test.ts'])],
    reporters: ['default', new ClosingLineReporter()],
    globalSetup: ['test/global-setup.ts'],
    // Several times what the slowest takes on a busy machine: a test that hangs is found, and one that is slow passes.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    // Vitest keeps one core for itself, which on two leaves one; the tests wait for servers more than they compute.
    maxWorkers: 2,
  },
});
