import { defaultServerConditions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

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

export default defineConfig({
  plugins: [resolveSources],
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'tools/*/{src,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/*.containers.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
});
