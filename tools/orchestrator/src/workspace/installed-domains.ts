import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { ProjectGraphExtract } from './project-graph.ts';
import type { WorkspaceDomain } from './workspace-domain.ts';
import { InstalledDomainError } from './workspace-errors.ts';

type PackageManifest = Readonly<
  Record<'dependencies' | 'devDependencies', Readonly<Record<string, string>> | undefined>
>;

/** Whether a project's package.json depends on a domain package that is installed. */
export function hasInstalledDomains(projectRoot: string): boolean {
  return installedDependencies(projectRoot, ['dependencies', 'devDependencies']).length > 0;
}

/**
 * The domain packages that a project depends on, and those that they depend on: what {@link readProjectGraph} is for a
 * workspace, without Nx.
 */
export function readInstalledGraph(projectRoot: string): ProjectGraphExtract {
  const dependencies = new Map<string, readonly string[]>();
  const visit = (folders: readonly string[]) => {
    for (const folder of folders.filter((candidate) => !dependencies.has(candidate))) {
      dependencies.set(folder, installedDependencies(folder, ['dependencies']));
      visit(dependencies.get(folder) ?? []);
    }
  };
  visit(installedDependencies(projectRoot, ['dependencies', 'devDependencies']));
  return {
    projects: [...dependencies].map(([folder, dependsOn]) => ({
      name: basename(folder),
      root: relative(projectRoot, folder),
      dependsOn: dependsOn.map((dependency) => basename(dependency)),
    })),
  };
}

/** Whether a domain's package was installed: its migrations are compiled, and its sources are looked after elsewhere. */
export function isInstalled(domain: WorkspaceDomain): boolean {
  return domain.migrationsFolder !== join(domain.folder, 'migrations');
}

/**
 * For what writes into a domain's package.
 *
 * @throws {InstalledDomainError}
 */
export function requireSources(domain: WorkspaceDomain): void {
  if (isInstalled(domain)) {
    throw new InstalledDomainError(domain.name);
  }
}

/** Folders of the domain packages that a package depends on directly. */
function installedDependencies(packageFolder: string, kinds: readonly (keyof PackageManifest)[]): string[] {
  const file = join(packageFolder, 'package.json');
  const manifest = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageManifest) : undefined;
  return kinds
    .flatMap((kind) => Object.keys(manifest?.[kind] ?? {}))
    .map((name) => findPackage(name, packageFolder))
    .filter((folder) => folder !== undefined)
    .filter((folder) => existsSync(join(folder, 'database.json')));
}

/** Where Node would find a package. Its `exports` are not asked: any file of it will do. */
function findPackage(name: string, fromFolder: string): string | undefined {
  for (let folder = fromFolder; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) {
      return realpathSync(candidate);
    }
    if (folder === dirname(folder)) {
      return undefined;
    }
  }
}
