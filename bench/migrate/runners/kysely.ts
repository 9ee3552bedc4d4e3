import type { MigrationRunner } from '../migration-runner.ts';
import { kyselyBody } from './kysely-body.ts';
import { installDriver, runDriver } from './node-driver.ts';
import { writeFiles } from './write-files.ts';

const DRIVER = 'kysely.mjs';

export const kysely: MigrationRunner = {
  name: 'kysely',
  transactions: 'one for all',
  measured: 'in process',
  // The newest that runs on Node.js 20.
  install: (home) => installDriver(home, DRIVER, { kysely: '0.28.18', pg: '8.23.1' }),

  async writeMigrations(folder, migrations) {
    await writeFiles(
      folder,
      Object.fromEntries(
        migrations.map(({ timestamp, name, table }) => [
          `${timestamp}-${name}.mjs`,
          `export const up = (db) => ${kyselyBody(table).up};
export const down = (db) => ${kyselyBody(table).down};
`,
        ]),
      ),
    );
  },

  run: (task) => runDriver(task, DRIVER),
};
