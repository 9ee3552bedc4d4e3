import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { FinovaError } from '@finova/db-kit';
import { isMigrationName, listMigrationFiles, writeMigrationIdsFile } from '@finova/db-kit/migrations';
import { nextTimestamp } from '../new-migration/next-timestamp.ts';
import { renderMigration, renderMigrationTest } from '../new-migration/render-migration.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import { requireSources } from '../workspace/installed-domains.ts';
import { requireDomain } from '../workspace/require-domain.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** A name that no migration can have, or that one has already. */
export class InvalidMigrationNameError extends FinovaError {
  constructor(name: string, problem: string) {
    super({
      message: `A migration cannot be named ${name}: ${problem}`,
      next: 'give a name such as add-nickname, in lower case with hyphens',
    });
  }
}

export interface NewMigrationOptions {
  readonly domain: string;
  /** `add-nickname` */
  readonly name: string;
  /** Migrations of other domains that must be applied before it. */
  readonly requires?: readonly string[];
  /** PostgreSQL: for what cannot run inside a transaction. */
  readonly outsideTransaction?: boolean;
  readonly now?: Date;
}

/**
 * Writes a migration that does nothing yet, with its `down` and its test, dated after all others of its domain.
 *
 * @returns the paths of what was written, relative to the workspace.
 * @throws {UnknownDomainError | InstalledDomainError | InvalidMigrationNameError}
 */
export async function newMigration(
  workspaceRoot: string,
  domains: readonly WorkspaceDomain[],
  options: NewMigrationOptions,
): Promise<string[]> {
  const domain = requireDomain(domains, options.domain);
  requireSources(domain);
  const existing = (await listMigrationFiles(domain)).map(({ name }) => name);
  const name = `${nextTimestamp(existing.at(-1), options.now ?? new Date())}-${options.name}`;
  if (!isMigrationName(name)) {
    throw new InvalidMigrationNameError(
      options.name,
      'expected lower case letters and digits, words joined by hyphens',
    );
  }
  const same = existing.find((other) => other.slice(16) === options.name);
  if (same !== undefined) {
    throw new InvalidMigrationNameError(options.name, `${domain.name} has ${same} already`);
  }
  const shared = withDependencies(domains, [domain.name]).filter(
    (candidate) => candidate.name !== domain.name && candidate.engine === 'postgres' && domain.engine === 'postgres',
  );
  const files: readonly (readonly [path: string, text: string])[] = [
    [join(domain.migrationsFolder, `${name}.ts`), renderMigration(domain, options)],
    [
      join(domain.folder, 'test', 'migrations', `${options.name}.test.ts`),
      renderMigrationTest(
        name,
        shared.map((other) => relative(dirname(domain.folder), other.folder)),
      ),
    ],
  ];
  const written: string[] = [];
  try {
    for (const [path, text] of files.filter(([candidate]) => !existsSync(candidate))) {
      await mkdir(dirname(path), { recursive: true });
      written.push(path);
      await writeFile(path, text, { flag: 'wx' });
    }
    await writeMigrationIdsFile(domain);
  } catch (thrown) {
    // Nothing half written.
    await Promise.all(written.map((path) => rm(path, { force: true })));
    throw thrown;
  }
  return [...written, join(domain.migrationsFolder, 'ids.d.ts')].map((path) => relative(workspaceRoot, path));
}
