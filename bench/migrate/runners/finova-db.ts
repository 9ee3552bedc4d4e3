import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { MigrationRunner } from '../migration-runner.ts';
import { kyselyBody } from './kysely-body.ts';
import { copyReportModule, runDriver } from './node-driver.ts';
import { writeFiles } from './write-files.ts';

const BUNDLE = 'finova-db.mjs';

/** Bundles the workspace's own sources and leaves packages where they are, as a published build would. */
const externalPackages: Plugin = {
  name: 'external-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) => (path.startsWith('@finova/') ? undefined : { path, external: true }));
  },
};

/** This project's migrator. */
export const finovaDb: MigrationRunner = {
  name: 'finova-db',
  transactions: 'each, journal inside',
  measured: 'in process',

  async install(home) {
    await mkdir(home, { recursive: true });
    await build({
      absWorkingDir: import.meta.dirname,
      entryPoints: [join(import.meta.dirname, '..', 'drivers', 'finova-db.ts')],
      outfile: join(home, BUNDLE),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['@finova/source'],
      plugins: [externalPackages],
      logLevel: 'silent',
    });
    await copyReportModule(home);
  },

  async writeMigrations(folder, migrations) {
    await writeFiles(
      folder,
      Object.fromEntries(
        migrations.map(({ timestamp, name, table }) => [
          `${timestamp}-${name}.mjs`,
          `export const migration = {
  async up(db) {
    await ${kyselyBody(table).up};
  },
  async down(db) {
    await ${kyselyBody(table).down};
  },
};
`,
        ]),
      ),
    );
  },

  // Its cache of checksums lies in the folder of the run: empty when the migrations are applied, filled afterwards.
  run: (task) => runDriver(task, BUNDLE, { CACHE_FOLDER: join(task.folder, 'cache') }),
};
