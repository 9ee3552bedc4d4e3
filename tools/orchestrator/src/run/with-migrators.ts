import { type Migrator, type MigratorHooks, withMigrator } from '@finova/db-kit/migrations';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { engineOptions, type RunContext } from './run-context.ts';

/** Domains whose locks are held, and those that could not be opened. */
export interface OpenedDomains {
  readonly migrators: ReadonlyMap<string, Migrator>;
  /** Why a domain could not be opened, by its name; those that stand on it were not tried. */
  readonly failures: ReadonlyMap<string, unknown>;
}

export interface WithMigratorsOptions {
  readonly hooks?: (domain: string) => MigratorHooks;
  /** Goes on without a domain that cannot be opened, and without those that stand on it. Default `false`. */
  readonly toleratesFailures?: boolean;
}

/**
 * Opens a migrator for each of these domains and closes them however `use` ends. Their locks are taken one after the
 * other in the order of their dependencies, in every run, so that two runs cannot wait for each other.
 *
 * @param domains - in the order of their dependencies.
 */
export function withMigrators<T>(
  context: RunContext,
  domains: readonly WorkspaceDomain[],
  options: WithMigratorsOptions,
  use: (opened: OpenedDomains) => Promise<T>,
): Promise<T> {
  const migrators = new Map<string, Migrator>();
  const failures = new Map<string, unknown>();
  const left = new Set<string>();
  const open = async (rest: readonly WorkspaceDomain[]): Promise<T> => {
    const [next, ...others] = rest;
    if (next === undefined) {
      return use({ migrators, failures });
    }
    if (next.dependsOn.some((name) => left.has(name))) {
      left.add(next.name);
      return open(others);
    }
    let isOpen = false;
    const hooks = options.hooks?.(next.name) ?? {};
    try {
      return await withMigrator({ ...engineOptions(context, next), hooks }, (migrator) => {
        isOpen = true;
        migrators.set(next.name, migrator);
        return open(others);
      });
    } catch (thrown) {
      if (isOpen || options.toleratesFailures !== true) {
        throw thrown;
      }
      failures.set(next.name, thrown);
      left.add(next.name);
      return open(others);
    }
  };
  return open(domains);
}
