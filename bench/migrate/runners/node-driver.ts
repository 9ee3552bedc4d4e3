import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installPackages } from '../../harness/install-packages.ts';
import { runProgram } from '../../harness/run-program.ts';
import type { Measurement, RunnerTask } from '../migration-runner.ts';

const DRIVERS = join(import.meta.dirname, '..', 'drivers');
const REPORT_MODULE = 'report-measurement.mjs';

/**
 * Installs a peer's packages into `home` and copies its driver beside them: a module finds packages from where it
 * lies.
 *
 * @param driver - file name in `drivers/`.
 */
export async function installDriver(
  home: string,
  driver: string,
  packages: Readonly<Record<string, string>>,
): Promise<void> {
  await installPackages(home, packages);
  await copyFile(join(DRIVERS, driver), join(home, driver));
  await copyReportModule(home);
}

/** Copies the module with which drivers measure themselves. */
export async function copyReportModule(home: string): Promise<void> {
  await copyFile(join(DRIVERS, REPORT_MODULE), join(home, REPORT_MODULE));
}

/** Runs a driver in a process of its own, which reports what its work took without Node's start. */
export async function runDriver(
  { home, folder, databaseUrl }: RunnerTask,
  driver: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Measurement> {
  const { output } = await runProgram(process.execPath, [join(home, driver)], {
    folder: home,
    environment: { DATABASE_URL: databaseUrl, MIGRATIONS_FOLDER: folder, ...environment },
  });
  return JSON.parse(output) as Measurement;
}
