import { createHash } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { InvalidMigrationFileError } from './errors/index.ts';
import type { MigrationDomain } from './migration.ts';
import type { MigrationFile } from './migration-files.ts';

/** What a migration was when it was applied. */
export interface MigrationChecksum {
  /** SHA-256 (hex) over the migration and all it imports, without comments, whitespace and types. */
  readonly checksum: string;
  /** SHA-256 (hex) of each file by its path from the migrations folder, to name the one that changed. */
  readonly files: Readonly<Record<string, string>>;
}

/** A checksum with what it was computed from. */
export interface ComputedChecksum extends MigrationChecksum {
  /** Absolute paths of all files that went into it. */
  readonly inputs: readonly string[];
  /** Whether the same files always lead to the same checksum: see {@link importsAreLiteral}. */
  readonly isClosed: boolean;
}

/**
 * Computes the checksum of migrations over their import closure.
 *
 * Each migration is bundled with esbuild, which prints a canonical form: formatting, comments, quotes and types do
 * not show in it, statements do. Packages (`kysely`, `mongodb`) stay outside; their versions are the lock file's
 * concern. esbuild's version is pinned exactly because its printer is part of the checksum.
 *
 * @param files - a hundred or so at a time: esbuild holds all of them in memory.
 * @returns checksums by migration name.
 * @throws {InvalidMigrationFileError} when a file does not parse or imports what does not exist.
 */
export async function computeChecksums(
  domain: MigrationDomain,
  files: readonly MigrationFile[],
): Promise<Map<string, ComputedChecksum>> {
  const bundles = await printBundles(domain, files);
  // What a migration without imports is, its bundle says already.
  const shared = [...bundles.values()].filter(({ inputs }) => inputs.length > 1);
  const closure = [...new Set(shared.flatMap(({ inputs }) => inputs))];
  const single = await printCanonical(
    domain,
    closure.map((path) => ({ name: relative(domain.migrationsFolder, path), path })),
    { bundle: false },
  );
  const fileHashes = new Map([...single].map(([name, printed]) => [name, sha256(printed.text)]));
  return new Map(
    [...bundles].map(([name, { text, inputs, isClosed }]) => [
      name,
      {
        checksum: sha256(text),
        files: inputs.length > 1 ? hashesOf(domain, inputs, fileHashes) : { [name]: sha256(text) },
        inputs,
        isClosed,
      },
    ]),
  );
}

function hashesOf(domain: MigrationDomain, inputs: readonly string[], fileHashes: ReadonlyMap<string, string>) {
  const names = inputs.map((path) => relative(domain.migrationsFolder, path)).sort();
  return Object.fromEntries(names.map((name) => [withoutExtension(name), fileHashes.get(name) ?? '']));
}

interface CanonicalForm {
  readonly text: string;
  /** Absolute paths of the files that went into it. */
  readonly inputs: readonly string[];
  readonly isClosed: boolean;
  /** Whether it imports nothing but packages, and no other migration imports it. */
  readonly isAlone: boolean;
}

/**
 * A bundle of its own for each file: what it is does not depend on which others are printed with it.
 *
 * For such bundles esbuild goes through all files again for each of them. When it may put what they share into files of
 * its own it does not, and prints those that share nothing, which are most, as it would otherwise.
 */
async function printBundles(
  domain: MigrationDomain,
  files: readonly MigrationFile[],
): Promise<Map<string, CanonicalForm>> {
  const together = await printCanonical(domain, files, { bundle: true, packages: 'external', splitting: true });
  const others = files.filter(({ name }) => together.get(name)?.isAlone !== true);
  return new Map([...together, ...(await printCanonical(domain, others, { bundle: true, packages: 'external' }))]);
}

async function printCanonical(
  domain: MigrationDomain,
  files: readonly MigrationFile[],
  options: Pick<BuildOptions, 'bundle' | 'splitting' | 'packages'>,
): Promise<Map<string, CanonicalForm>> {
  if (files.length === 0) {
    return new Map();
  }
  const outdir = join(domain.migrationsFolder, 'canonical');
  const result = await onOneThread(() =>
    build({
      absWorkingDir: domain.migrationsFolder,
      // Named entries keep the mapping from output to migration free of esbuild's path rules.
      entryPoints: files.map((file, index) => ({ in: file.path, out: String(index) })),
      outdir,
      ...options,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'esnext',
      charset: 'utf8',
      minifyWhitespace: true,
      legalComments: 'none',
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      logLevel: 'silent',
    }),
  ).catch((cause: unknown) => {
    throw new InvalidMigrationFileError(domain.name, culpritOf(cause), `cannot be read: ${firstProblem(cause)}`, cause);
  });
  const texts = new Map(result.outputFiles.map((output) => [output.path, output.text]));
  const forms = new Map<string, CanonicalForm>();
  for (const [output, { inputs, imports }] of Object.entries(result.metafile.outputs)) {
    const path = join(domain.migrationsFolder, output);
    const file = files[Number(relative(outdir, path).replace(/\.js$/, ''))];
    const text = texts.get(path);
    if (file === undefined && options.splitting === true) {
      // What several share.
      continue;
    }
    if (file === undefined || text === undefined || dirname(path) !== outdir) {
      throw new InvalidMigrationFileError(domain.name, output, 'was printed to an unexpected place');
    }
    forms.set(file.name, {
      text: withoutImportExtensions(text),
      inputs: Object.keys(inputs).map((input) => join(domain.migrationsFolder, input)),
      isAlone: Object.keys(inputs).length === 1 && imports.every(({ external }) => external === true),
      isClosed: Object.keys(inputs).every((input) => importsAreLiteral(result.metafile.inputs[input], input)),
    });
  }
  return forms;
}

/**
 * esbuild's process, which the first call starts, works beside the server and the process that migrate: with a thread
 * for each core it would take from them what they need for a few more milliseconds of its own.
 */
function onOneThread<T>(start: () => Promise<T>): Promise<T> {
  const chosen = process.env['GOMAXPROCS'];
  process.env['GOMAXPROCS'] = chosen ?? '1';
  try {
    return start();
  } finally {
    if (chosen === undefined) {
      delete process.env['GOMAXPROCS'];
    }
  }
}

/**
 * Whether every relative import names its file in full. One that leaves the extension out, or writes .js for .ts, may
 * lead to another file tomorrow although none of today's changed.
 */
function importsAreLiteral(input: Metafile['inputs'][string] | undefined, path: string): boolean {
  const imports = input?.imports.filter(({ external }) => external !== true) ?? [];
  return imports.every(
    ({ path: target, original }) => original !== undefined && join(dirname(path), original) === join(target),
  );
}

interface EsbuildFailure {
  readonly errors: readonly { readonly text: string; readonly location: { file: string; line: number } | null }[];
}

function esbuildErrors(cause: unknown): EsbuildFailure['errors'] {
  return cause instanceof Error && 'errors' in cause ? (cause as unknown as EsbuildFailure).errors : [];
}

function culpritOf(cause: unknown): string {
  return esbuildErrors(cause)[0]?.location?.file ?? '(unknown)';
}

function firstProblem(cause: unknown): string {
  const [first] = esbuildErrors(cause);
  return first === undefined ? String(cause) : `${first.text} (line ${first.location?.line ?? '?'})`;
}

function withoutExtension(path: string): string {
  return path.replace(/\.m?[jt]s$/, '');
}

/**
 * A compiled file imports from .js what its source imports from .ts, and is the same for that. Where an import runs
 * late, esbuild names the file that it leads to: `__esm({"helpers/currencies.ts"(){`.
 */
function withoutImportExtensions(text: string): string {
  return text.replaceAll(/\b((?:from|import\(?)"\.[^"]*|__esm\(\{"[^"]*)\.m?[jt]s"/g, '$1"');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
