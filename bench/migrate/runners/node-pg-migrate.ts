import type { MigrationRunner } from '../migration-runner.ts';
import { installDriver, runDriver } from './node-driver.ts';
import { writeFiles } from './write-files.ts';

const DRIVER = 'node-pg-migrate.mjs';

export const nodePgMigrate: MigrationRunner = {
  name: 'node-pg-migrate',
  transactions: 'each, journal inside',
  measured: 'in process',
  install: (home) => installDriver(home, DRIVER, { 'node-pg-migrate': '9.0.0', pg: '8.23.1' }),

  async writeMigrations(folder, migrations) {
    await writeFiles(
      folder,
      Object.fromEntries(
        migrations.map(({ timestamp, name, up, down }) => [
          // Its prefix has 17 digits: down to milliseconds.
          `${timestamp.replace('T', '')}000_${name}.mjs`,
          `export const up = (pgm) => pgm.sql(\`${up}\`);
export const down = (pgm) => pgm.sql(\`${down}\`);
`,
        ]),
      ),
    );
  },

  run: (task) => runDriver(task, DRIVER),
};
