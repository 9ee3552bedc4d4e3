import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ComputedChecksum, computeChecksums, type MigrationChecksum } from './checksum.ts';
import { ChecksumCache } from './checksum-cache.ts';
import type { MigrationDomain } from './migration.ts';
import type { MigrationFile } from './migration-files.ts';

/** How many files are computed first, so that some checksums are there early. */
const FIRST_BATCH_SIZE = 50;

/** How many at once then: each call of esbuild costs ten milliseconds beside the files, and each file memory. */
const BATCH_SIZE = 100;

interface Awaited {
  readonly checksum: Promise<MigrationChecksum>;
  readonly resolve: (checksum: MigrationChecksum) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * The checksums of a domain's migrations, computed in the background by another process, oldest first: what is
 * applied is checked before anything runs, and what is not needs its checksum only when it is journaled.
 */
export class MigrationChecksums {
  readonly #awaited: ReadonlyMap<string, Awaited>;
  readonly #finished: Promise<void>;

  /** @param cacheFolder - where checksums of unchanged files are kept; without it, all are computed. */
  constructor(domain: MigrationDomain, files: readonly MigrationFile[], cacheFolder?: string) {
    this.#awaited = new Map(files.map(({ name }) => [name, makeAwaited()]));
    this.#finished = this.#compute(domain, files, cacheFolder);
    // Whoever needs a checksum hears of what went wrong; nobody may need any.
    this.#finished.catch(() => {});
  }

  /**
   * @returns `undefined` for a migration that has no file.
   * @throws {InvalidMigrationFileError} when its file does not parse or imports what does not exist.
   */
  async get(name: string): Promise<MigrationChecksum | undefined> {
    return this.#awaited.get(name)?.checksum;
  }

  /** @throws {InvalidMigrationFileError} */
  async all(): Promise<Map<string, MigrationChecksum>> {
    const entries = [...this.#awaited].map(async ([name, { checksum }]) => [name, await checksum] as const);
    return new Map(await Promise.all(entries));
  }

  /** Resolves when nothing is computed any more, whether it went well or not. */
  async settled(): Promise<void> {
    await this.#finished.catch(() => {});
  }

  async #compute(domain: MigrationDomain, files: readonly MigrationFile[], cacheFolder?: string): Promise<void> {
    try {
      const cache = cacheFolder === undefined ? undefined : await ChecksumCache.open(cacheFolder, domain);
      const unknown = files.filter(({ name }) => {
        const kept = cache?.get(name);
        if (kept !== undefined) {
          this.#awaited.get(name)?.resolve(kept);
        }
        return kept === undefined;
      });
      for (let start = 0, size = FIRST_BATCH_SIZE; start < unknown.length; start += size, size = BATCH_SIZE) {
        const computed = await computeChecksums(domain, unknown.slice(start, start + size));
        for (const [name, checksum] of computed) {
          this.#settle(name, checksum, cache);
          // The cache reads files: one in a pause, so that no answer of the server waits for all of them.
          await nextTurn();
        }
      }
      if (unknown.length > 0) {
        // A cache that cannot be written costs time, not correctness.
        await cache?.save().catch(() => {});
      }
    } catch (thrown) {
      for (const { reject } of this.#awaited.values()) {
        reject(thrown);
      }
      throw thrown;
    }
  }

  #settle(name: string, computed: ComputedChecksum, cache: ChecksumCache | undefined): void {
    const { inputs, isClosed, ...checksum } = computed;
    if (isClosed) {
      cache?.set(name, checksum, inputs);
    }
    this.#awaited.get(name)?.resolve(checksum);
  }
}

/**
 * The checksums of all these migrations, by name. When it resolves nothing works on any more, nor writes into the cache.
 *
 * @throws {InvalidMigrationFileError} when a file does not parse or imports what does not exist.
 */
export async function checksumMigrations(
  domain: MigrationDomain,
  files: readonly MigrationFile[],
  cacheFolder?: string,
): Promise<Map<string, MigrationChecksum>> {
  const checksums = new MigrationChecksums(domain, files, cacheFolder);
  try {
    return await checksums.all();
  } finally {
    await checksums.settled();
  }
}

function makeAwaited(): Awaited {
  let resolve: Awaited['resolve'] = () => {};
  let reject: Awaited['reject'] = () => {};
  const checksum = new Promise<MigrationChecksum>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  checksum.catch(() => {});
  return { checksum, resolve, reject };
}
