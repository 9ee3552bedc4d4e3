import { renderMigrationIds } from '@finova/db-kit/migrations';
import type { Tree } from '@nx/devkit';
import { nextTimestamp } from '../new-migration/next-timestamp.ts';
import type { TreeDomain } from './tree-domains.ts';

/** The names of a domain's migrations, oldest first. */
export function treeMigrations(tree: Tree, { root }: Pick<TreeDomain, 'root'>): string[] {
  return tree
    .children(`${root}/migrations`)
    .filter((file) => /^\d{8}T\d{6}-.*\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, ''))
    .sort();
}

/** When a migration that is generated now is dated: after all others of its domain. */
export function timestampOfNext(tree: Tree, domain: Pick<TreeDomain, 'root'>, now = new Date()): string {
  return nextTimestamp(treeMigrations(tree, domain).at(-1), now);
}

/** Writes `migrations/ids.d.ts`. */
export function writeTreeMigrationIds(tree: Tree, domain: Pick<TreeDomain, 'root' | 'name'>): void {
  tree.write(`${domain.root}/migrations/ids.d.ts`, renderMigrationIds(domain.name, treeMigrations(tree, domain)));
}
