import { isMigrationName } from '@finova/db-kit/migrations';
import type { Tree } from '@nx/devkit';
import { renderMigration, renderMigrationTest } from '../new-migration/render-migration.ts';
import { GeneratorRefusedError } from './generator-refused-error.ts';
import { requireTreeDomain, sharedWith } from './tree-domains.ts';
import { timestampOfNext, treeMigrations, writeTreeMigrationIds } from './tree-migrations.ts';

export interface MigrationGeneratorOptions {
  /** `cards` or `cards-db` */
  readonly domain: string;
  /** `add-nickname` */
  readonly name: string;
  /** Migrations of other domains that must be applied before it. */
  readonly requires?: readonly string[] | undefined;
  /** `false` for what PostgreSQL refuses inside a transaction. Default `true`. */
  readonly transaction?: boolean | undefined;
}

/**
 * `nx g @finova/orchestrator:migration DOMAIN NAME`: the same as `finova-db new`.
 *
 * @throws {GeneratorRefusedError}
 */
export async function generateMigration(tree: Tree, options: MigrationGeneratorOptions): Promise<void> {
  const what = `migration ${options.name}`;
  const domain = requireTreeDomain(tree, what, options.domain);
  const name = `${timestampOfNext(tree, domain)}-${options.name}`;
  if (!isMigrationName(name)) {
    throw new GeneratorRefusedError(
      what,
      'expected lower case letters and digits, words joined by hyphens',
      'give a name such as add-nickname',
    );
  }
  const same = treeMigrations(tree, domain).find((other) => other.slice(16) === options.name);
  if (same !== undefined) {
    throw new GeneratorRefusedError(what, `${domain.name} has ${same} already`, 'give another name');
  }
  const shape = { requires: options.requires ?? [], outsideTransaction: options.transaction === false };
  tree.write(`${domain.root}/migrations/${name}.ts`, renderMigration(domain, shape));
  tree.write(
    `${domain.root}/test/migrations/${options.name}.test.ts`,
    renderMigrationTest(name, sharedWith(tree, domain)),
  );
  writeTreeMigrationIds(tree, domain);
}
