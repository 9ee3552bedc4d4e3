import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { version as esbuildVersion } from 'esbuild';
import type { MigrationChecksum } from './checksum.ts';
import type { MigrationDomain } from './migration.ts';

/** Goes up when the same files lead to another {@link MigrationChecksum} than before. */
const FORMAT = 2;

/** A checksum, and the exact bytes it was computed from. */
export interface KeptChecksum extends MigrationChecksum {
  /** Paths of all files that went into it, from the migrations folder. */
  readonly inputs: readonly string[];
  /** SHA-256 (hex) of the bytes of each of these files, joined by commas. */
  readonly inputsHash: string;
}

/**
 * Checksums by migration name, kept in a file: parsing a thousand migrations takes a second, reading them a twentieth
 * of that. What is kept counts only while every file is byte for byte the same.
 */
export class ChecksumCache {
  readonly #file: string;
  readonly #folder: string;
  readonly #kept: Map<string, KeptChecksum>;
  readonly #hashes = new Map<string, string | undefined>();

  private constructor(file: string, folder: string, kept: Map<string, KeptChecksum>) {
    this.#file = file;
    this.#folder = folder;
    this.#kept = kept;
  }

  /** Opens the cache of a domain; an unreadable one is as good as empty. */
  static async open(cacheFolder: string, domain: MigrationDomain): Promise<ChecksumCache> {
    const key = createHash('sha256').update(`${domain.migrationsFolder}\0${esbuildVersion}\0${FORMAT}`).digest('hex');
    const file = join(cacheFolder, `checksums-${key.slice(0, 16)}.json`);
    const text = await readFile(file, 'utf8').catch(() => '[]');
    return new ChecksumCache(file, domain.migrationsFolder, new Map(parseEntries(text)));
  }

  /** The checksum of a migration whose files have not changed since it was kept. */
  get(name: string): MigrationChecksum | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined || this.#hashOf(kept.inputs) !== kept.inputsHash) {
      return undefined;
    }
    return { checksum: kept.checksum, files: kept.files };
  }

  /** @param inputs - absolute paths of all files that went into it. */
  set(name: string, checksum: MigrationChecksum, inputs: readonly string[]): void {
    const paths = inputs.map((path) => relative(this.#folder, path));
    const inputsHash = this.#hashOf(paths);
    if (inputsHash !== undefined) {
      this.#kept.set(name, { ...checksum, inputs: paths, inputsHash });
    }
  }

  /** Renamed into place, so that another process never reads half of it. */
  async save(): Promise<void> {
    await mkdir(join(this.#file, '..'), { recursive: true });
    const unfinished = `${this.#file}.${process.pid}`;
    await writeFile(unfinished, JSON.stringify([...this.#kept]));
    await rename(unfinished, this.#file);
  }

  #hashOf(paths: readonly string[]): string | undefined {
    const hashes = paths.map((path) => this.#fileHash(path));
    return hashes.includes(undefined) ? undefined : hashes.join();
  }

  /** Read synchronously: for a thousand small files that is several times quicker. */
  #fileHash(path: string): string | undefined {
    if (!this.#hashes.has(path)) {
      this.#hashes.set(path, hashFile(join(this.#folder, path)));
    }
    return this.#hashes.get(path);
  }
}

function hashFile(path: string): string | undefined {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return undefined;
  }
}

function parseEntries(text: string): [string, KeptChecksum][] {
  try {
    return JSON.parse(text) as [string, KeptChecksum][];
  } catch {
    return [];
  }
}
