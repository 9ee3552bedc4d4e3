import type { MigrationRunner } from '../migration-runner.ts';
import { installDriver, runDriver } from './node-driver.ts';
import { writeFiles } from './write-files.ts';

const DRIVER = 'umzug.mjs';

export const umzug: MigrationRunner = {
  name: 'umzug',
  transactions: 'each, journal apart',
  measured: 'in process',
  install: (home) => installDriver(home, DRIVER, { umzug: '3.8.3', pg: '8.23.1' }),

  async writeMigrations(folder, migrations) {
    await writeFiles(
      folder,
      Object.fromEntries(
        migrations.map(({ timestamp, name, up, down }) => [
          `${timestamp}-${name}.mjs`,
          `export const up = (client) => client.query(\`${up}\`);
export const down = (client) => client.query(\`${down}\`);
`,
        ]),
      ),
    );
  },

  run: (task) => runDriver(task, DRIVER),
};
