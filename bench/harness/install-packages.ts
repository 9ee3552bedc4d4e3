import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/**
 * Installs npm packages that only a benchmark needs, into a folder of their own outside the workspace's dependencies.
 * What is there already is not fetched again.
 *
 * @param packages - exact versions by name.
 * @throws {ProgramFailedError} when npm cannot have them.
 */
export async function installPackages(folder: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const isInstalled = await Promise.all(
    Object.entries(packages).map(async ([name, version]) => (await installedVersion(folder, name)) === version),
  );
  if (isInstalled.every(Boolean)) {
    return;
  }
  await mkdir(folder, { recursive: true });
  // Without a manifest of its own, npm would take the folder for a part of the workspace around it.
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  await runProgram('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, ...wanted], {
    folder,
  });
}

async function installedVersion(folder: string, name: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version?: string }).version;
  } catch {
    return undefined;
  }
}
