import { join } from 'node:path';
import { installPackages } from '../../harness/install-packages.ts';
import { runProgram } from '../../harness/run-program.ts';
import type { MigrationRunner } from '../migration-runner.ts';
import { writeFiles } from './write-files.ts';

/** The program itself: the command of its npm package would add the start of Node.js. */
function program(home: string): string {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return join(home, 'node_modules', '@dbmate', `${process.platform}-${process.arch}`, 'bin', `dbmate${suffix}`);
}

export const dbmate: MigrationRunner = {
  name: 'dbmate',
  transactions: 'each, journal inside',
  measured: 'whole process',

  async install(home) {
    await installPackages(home, { dbmate: '2.36.0' });
    await runProgram(program(home), ['--version'], { folder: home });
  },

  async writeMigrations(folder, migrations) {
    await writeFiles(
      folder,
      Object.fromEntries(
        migrations.map(({ timestamp, name, up, down }) => [
          `${timestamp.replace('T', '')}_${name}.sql`,
          `-- migrate:up\n${up};\n\n-- migrate:down\n${down};\n`,
        ]),
      ),
    );
  },

  async run({ home, folder, databaseUrl }) {
    const url = new URL(databaseUrl);
    if (!url.searchParams.has('sslmode')) {
      // Other drivers try without TLS by default; this one does not.
      url.searchParams.set('sslmode', 'disable');
    }
    const parameters = ['--migrations-dir', folder, '--no-dump-schema', 'migrate'];
    const { durationMs } = await runProgram(program(home), parameters, {
      folder: home,
      environment: { DATABASE_URL: url.href },
    });
    return { durationMs };
  },
};
