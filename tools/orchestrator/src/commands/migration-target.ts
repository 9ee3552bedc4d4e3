import { AmbiguousTargetError } from '../run/run-errors.ts';

/** One migration of one domain. */
export interface MigrationTarget {
  readonly domain: string;
  /** `20260301T090000-create-accounts` */
  readonly name: string;
}

/**
 * Reads `--to`: `<domain>/<migration>`, or the migration's name alone when exactly one domain is given.
 *
 * @throws {AmbiguousTargetError}
 */
export function parseTarget(target: string, domains: readonly string[]): MigrationTarget {
  const parts = target.replace(/\.ts$/, '').split('/');
  const [first, second] = parts;
  if (parts.length === 2 && first !== undefined && second !== undefined) {
    return { domain: first, name: second };
  }
  const [only] = domains;
  if (parts.length === 1 && first !== undefined && only !== undefined && domains.length === 1) {
    return { domain: only, name: first };
  }
  throw new AmbiguousTargetError(target);
}
