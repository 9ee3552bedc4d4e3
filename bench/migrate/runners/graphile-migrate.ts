import { createHash } from 'node:crypto';
import type { MigrationRunner } from '../migration-runner.ts';
import { installDriver, runDriver } from './node-driver.ts';
import { writeFiles } from './write-files.ts';

const DRIVER = 'graphile-migrate.mjs';

export const graphileMigrate: MigrationRunner = {
  name: 'graphile-migrate',
  transactions: 'each, journal inside',
  measured: 'in process',
  install: (home) => installDriver(home, DRIVER, { 'graphile-migrate': '1.4.1', pg: '8.23.1' }),

  async writeMigrations(folder, migrations) {
    const files: Record<string, string> = { 'current.sql': '' };
    let previous: string | undefined;
    for (const { number, up } of migrations) {
      const body = `${up};\n`;
      const hash = `sha1:${createHash('sha1')
        .update(`${previous ?? ''}\n${body}`.trimStart())
        .digest('hex')}`;
      const header = `--! Previous: ${previous ?? '-'}\n--! Hash: ${hash}\n`;
      files[`committed/${String(number).padStart(6, '0')}.sql`] = `${header}\n${body}`;
      previous = hash;
    }
    await writeFiles(folder, files);
  },

  run: (task) => runDriver(task, DRIVER),
};
