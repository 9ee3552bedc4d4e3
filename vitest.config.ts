import { defineConfig } from 'vitest/config';

/** Packages resolve each other's TypeScript sources through this export condition, so nothing needs a build. */
const SOURCE_CONDITION = '@finova/source';

export default defineConfig({
  resolve: { conditions: [SOURCE_CONDITION] },
  ssr: { resolve: { conditions: [SOURCE_CONDITION, 'node'], externalConditions: [SOURCE_CONDITION] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'tools/*/{src,test}/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
});
