import { join } from 'node:path';
import { runProgram } from '../../harness/run-program.ts';
import type { MigrationRunner } from '../migration-runner.ts';
import { writeFiles } from './write-files.ts';

/** Sqitch is no npm package; it is used where the machine has it (on Debian: `apt install sqitch`). */
export const sqitch: MigrationRunner = {
  name: 'sqitch',
  transactions: 'each, journal apart',
  measured: 'whole process',

  async install() {
    await runProgram('sqitch', ['--version'], { folder: process.cwd() });
    await runProgram('psql', ['--version'], { folder: process.cwd() });
  },

  async writeMigrations(folder, migrations) {
    const plan = ['%syntax-version=1.0.0', '%project=bench', ''];
    const files: Record<string, string> = { 'sqitch.conf': '[core]\n\tengine = pg\n' };
    for (const { timestamp, name, up, down } of migrations) {
      const moment = timestamp.replace(/^(....)(..)(..)T(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z');
      plan.push(`${name} ${moment} Bench <bench@example.com> # Creates a table`);
      files[`deploy/${name}.sql`] = `BEGIN;\n${up};\nCOMMIT;\n`;
      files[`revert/${name}.sql`] = `BEGIN;\n${down};\nCOMMIT;\n`;
    }
    await writeFiles(folder, { ...files, 'sqitch.plan': `${plan.join('\n')}\n` });
  },

  async run({ folder, databaseUrl }) {
    const url = new URL(databaseUrl);
    const password = decodeURIComponent(url.password);
    url.password = '';
    const { durationMs } = await runProgram(
      'sqitch',
      ['deploy', '--target', `db:${url.href.replace(/^postgres(ql)?:/, 'pg:')}`],
      {
        folder,
        environment: {
          PGPASSWORD: password,
          SQITCH_FULLNAME: 'Bench',
          SQITCH_EMAIL: 'bench@example.com',
          // What the machine's user has configured must not change the measurement.
          SQITCH_USER_CONFIG: join(folder, 'user.conf'),
          SQITCH_SYSTEM_CONFIG: join(folder, 'system.conf'),
          // `deploy` answers 'Nothing to deploy' with a successful exit.
          LC_ALL: 'C',
        },
      },
    );
    return { durationMs };
  },
};
