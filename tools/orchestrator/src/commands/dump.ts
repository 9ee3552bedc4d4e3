import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { dumpDomain, dumpFileName } from '@finova/db-kit/migrations';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import { requireSources } from '../workspace/installed-domains.ts';
import { up } from './up.ts';

/** The dump of one domain, and the file in its package that holds it. */
export interface DomainDump {
  readonly domain: string;
  /** From the workspace's root: `packages/accounts-db/schema.sql`. */
  readonly file: string;
  /** `written`: it was missing or stale, and is current now. */
  readonly state: 'current' | 'written' | 'stale' | 'missing';
  /** From the file as it was to what the migrations make, as a unified diff; only where they differ. */
  readonly diff?: string;
}

export interface DumpOptions {
  /** Writes nothing. Default `false`. */
  readonly check?: boolean;
}

/**
 * Builds domains on throw-away databases and writes what their migrations make to `schema.sql` or `collections.json` of
 * their packages, for people to read and for reviews to show what a migration changes.
 *
 * @param names - none for all domains.
 * @throws {UnknownDomainError | InstalledDomainError}
 * @throws {MigrationFailedError} when a migration cannot be applied; nothing is written.
 * @throws {UnsupportedObjectsError | CircularObjectsError} when a schema cannot be written as SQL; nothing is written.
 */
export async function dump(
  context: RunContext,
  names: readonly string[] = [],
  options: DumpOptions = {},
): Promise<DomainDump[]> {
  const texts = await readDumps(context, names);
  const dumps: DomainDump[] = [];
  for (const { name, engine, folder } of context.domains.filter((domain) => texts.has(domain.name))) {
    const path = join(folder, dumpFileName(engine));
    const file = relative(context.workspaceRoot, path);
    const text = texts.get(name) ?? '';
    const found = await readIfThere(path);
    if (found === text) {
      dumps.push({ domain: name, file, state: 'current' });
      continue;
    }
    if (options.check !== true) {
      await writeFile(path, text);
    }
    const unwritten = found === undefined ? 'missing' : 'stale';
    dumps.push({
      domain: name,
      file,
      state: options.check === true ? unwritten : 'written',
      diff: createTwoFilesPatch(file, file, found ?? '', text, undefined, undefined, {
        context: 2,
        headerOptions: FILE_HEADERS_ONLY,
      }),
    });
  }
  return dumps;
}

/** What the migrations of the named domains make, by domain. */
async function readDumps(context: RunContext, names: readonly string[]): Promise<Map<string, string>> {
  const selected = withDependencies(context.domains, names).map(({ name }) => name);
  const wanted = names.length === 0 ? selected : names;
  context.domains.filter(({ name }) => wanted.includes(name)).forEach(requireSources);
  return withScratchServers(context, async (scratch) => {
    for (const outcome of (await up(scratch, { domains: selected })).values()) {
      if (outcome.state === 'failed') {
        throw outcome.error;
      }
    }
    const texts = new Map<string, string>();
    for (const domain of scratch.domains.filter(({ name }) => wanted.includes(name))) {
      texts.set(domain.name, await dumpDomain(domain, serverOf(scratch, domain).url));
    }
    return texts;
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw thrown;
  }
}
