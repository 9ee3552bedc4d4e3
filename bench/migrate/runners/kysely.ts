import type { MigrationRunner } from '../migration-runner.ts';
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
        migrations.map(({ timestamp, name, up, down }) => [
          `${timestamp}-${name}.mjs`,
          `import { sql } from 'kysely';

export const up = (db) => sql\`${up}\`.execute(db);
export const down = (db) => sql\`${down}\`.execute(db);
`,
        ]),
      ),
    );
  },

  run: (task) => runDriver(task, DRIVER),
};
