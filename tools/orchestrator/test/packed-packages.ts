import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

/** A package as npm would publish it. */
export interface PackedPackage {
  /** `@finova/accounts-db` */
  readonly name: string;
  /** Absolute path of the tarball. */
  readonly tarball: string;
  /** Paths of what is in it, from the package. */
  readonly files: readonly string[];
  /** What can be imported: `@finova/accounts-db`, `@finova/accounts-db/seed`. */
  readonly entries: readonly string[];
}

/** A project outside the workspace that has all packages installed. */
export interface ConsumerProject {
  readonly folder: string;
  /** Runs a program there and returns what it printed. */
  run(program: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string>;
  remove(): Promise<void>;
}

/** Builds every package and packs it as npm would publish it. */
export async function packPackages(folder: string): Promise<PackedPackage[]> {
  await runProgram(WORKSPACE, 'npx', ['nx', 'run-many', '-t', 'build'], { NX_DAEMON: 'false', NX_TUI: 'false' });
  const selected = ['--workspace', 'packages', '--workspace', 'tools'];
  const report = await runProgram(WORKSPACE, 'npm', ['pack', '--json', '--pack-destination', folder, ...selected]);
  return Promise.all(
    (JSON.parse(report) as readonly PackReport[]).map(async ({ name, filename, files }) => ({
      name,
      tarball: join(folder, filename),
      files: files.map(({ path }) => path),
      entries: await readEntries(name),
    })),
  );
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

async function readEntries(name: string): Promise<string[]> {
  const file = join(WORKSPACE, 'node_modules', name, 'package.json');
  const { exports } = JSON.parse(await readFile(file, 'utf8')) as { exports: Readonly<Record<string, unknown>> };
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => join(name, path));
}

/** Installs packages from their tarballs, and what they need from the registry, into an empty project. */
export async function installPackages(packages: readonly PackedPackage[]): Promise<ConsumerProject> {
  const folder = await mkdtemp(join(tmpdir(), 'finova-consumer-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = packages.map(({ tarball }) => tarball);
  // Nobody waits for scripts of packages: consumers may forbid them.
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  await runProgram(folder, 'npm', ['install', '--prefix', folder, ...quiet, ...tarballs, '@types/node@20']);
  await copyFile(join(import.meta.dirname, 'consumer', 'migrate-accounts.ts'), join(folder, 'migrate-accounts.ts'));
  return {
    folder,
    run: (program, args, environment) => runProgram(folder, program, args, environment),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function runProgram(
  folder: string,
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  // What this test run tells its own processes, such as conditions and loaders, is not for a consumer's.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const options = { cwd: folder, env: { ...inherited, ...environment }, maxBuffer: 64 * 1024 * 1024 };
  const run = promisify(execFile)(program, [...args], options);
  return (
    await run.catch((thrown: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${program} ${args[0]} failed: ${thrown.stdout}${thrown.stderr}`, { cause: thrown });
    })
  ).stdout;
}
