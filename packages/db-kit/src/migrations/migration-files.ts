import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { InvalidMigrationFileError } from './errors/index.ts';
import type { Engine, MigrationDomain, MongoMigration, PostgresMigration } from './migration.ts';

/** One file of a migrations folder; its code is loaded only when it is needed. */
export interface MigrationFile {
  /** `20260301T090000-create-accounts`: the file's name, and the key of its journal row. */
  readonly name: string;
  readonly path: string;
}

/** The definition that a migration file of engine `E` exports as `migration`. */
export type MigrationDefinition<E extends Engine> = E extends 'postgres' ? PostgresMigration : MongoMigration;

const NAME = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})-[a-z0-9]+(?:-[a-z0-9]+)*$/;
const EXPECTED_NAME = 'YYYYMMDDTHHMMSS-<kebab-name>.ts';

/** Whether `name` is `YYYYMMDDTHHMMSS-<kebab-name>` with a date that exists. */
export function isMigrationName(name: string): boolean {
  const match = NAME.exec(name);
  if (match === null) {
    return false;
  }
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Date.UTC rolls over what does not exist (31 February becomes 3 March), so a real date survives the way back.
  const moment = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const digits = moment.toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
  return name.startsWith(digits);
}

/**
 * Lists a domain's migrations, oldest first.
 *
 * @throws {InvalidMigrationFileError} for a missing folder, a misnamed file, or two files with one timestamp.
 */
export async function listMigrationFiles(domain: MigrationDomain): Promise<MigrationFile[]> {
  const entries = await readdir(domain.migrationsFolder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new InvalidMigrationFileError(domain.name, domain.migrationsFolder, 'is no readable folder', cause);
  });
  const files: MigrationFile[] = [];
  for (const entry of entries) {
    if (!isMigrationSource(entry.name) || entry.isDirectory()) {
      // Folders hold what migrations import; declarations and source maps lie beside compiled migrations.
      continue;
    }
    const { name } = parse(entry.name);
    if (!isMigrationName(name)) {
      throw new InvalidMigrationFileError(domain.name, entry.name, `is misnamed: expected ${EXPECTED_NAME}`);
    }
    files.push({ name, path: join(domain.migrationsFolder, entry.name) });
  }
  files.sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const [index, file] of files.entries()) {
    const previous = files[index - 1];
    if (previous !== undefined && timestampOf(previous.name) === timestampOf(file.name)) {
      throw new InvalidMigrationFileError(
        domain.name,
        file.name,
        `has the timestamp of ${previous.name}: expected each to have its own`,
      );
    }
  }
  return files;
}

function isMigrationSource(fileName: string): boolean {
  return /\.(?:ts|js|mts|mjs)$/.test(fileName) && !/\.(?:d\.m?ts|test\.ts)$/.test(fileName);
}

function timestampOf(name: string): string {
  return name.slice(0, 15);
}

/** Not zod's: that makes a function around each, which costs a thousand migrations a twentieth of a second. */
const callable = z.custom<(...parameters: never[]) => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);

const metadata = {
  requires: z.array(z.string().regex(/^[a-z][a-z0-9-]*-db\/\d{8}T\d{6}-[a-z0-9-]+$/)).optional(),
  irreversible: z.string().min(1).optional(),
  lossy: z.string().min(1).optional(),
  waives: z.record(z.string(), z.string().min(10, 'give the reason')).optional(),
};

const postgresMigration = z
  .strictObject({
    ...metadata,
    transaction: z.literal(false).optional(),
    runsAs: z.literal('session').optional(),
    lockTimeoutMs: z.int().nonnegative().optional(),
    statementTimeoutMs: z.int().nonnegative().optional(),
    up: callable,
    down: callable.optional(),
  })
  .refine(({ down, irreversible }) => (down === undefined) !== (irreversible === undefined), {
    message: 'give exactly one of down and irreversible (the reason why there is no down)',
  });

const mongoMigration = z
  .strictObject({
    ...metadata,
    stepTimeoutMs: z.int().nonnegative().optional(),
    steps: z
      .array(z.strictObject({ name: z.string().min(1), up: callable, down: callable.optional() }))
      .min(1)
      .refine((steps) => new Set(steps.map((step) => step.name)).size === steps.length, {
        message: 'each step needs a name of its own',
      }),
  })
  .refine(
    ({ steps, irreversible }) => steps.every((step) => step.down !== undefined) === (irreversible === undefined),
    { message: 'give every step a down, or say in irreversible why there is none' },
  );

/**
 * Loads a migration's code and checks its shape.
 *
 * @throws {InvalidMigrationFileError} when the file cannot be loaded or does not export a `migration` of the
 * domain's engine.
 */
export async function loadMigration<E extends Engine>(
  domain: MigrationDomain & { readonly engine: E },
  file: MigrationFile,
): Promise<MigrationDefinition<E>> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(file.path).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new InvalidMigrationFileError(domain.name, file.name, `cannot be loaded: ${String(cause)}`, cause);
  }
  const shape = domain.engine === 'postgres' ? postgresMigration : mongoMigration;
  const checked = shape.safeParse(exported['migration']);
  if (!checked.success) {
    throw new InvalidMigrationFileError(
      domain.name,
      file.name,
      `does not export a ${domain.engine} migration named 'migration': ${z.prettifyError(checked.error).replaceAll('\n', ' ')}`,
    );
  }
  // The original: zod's is a copy, which `this` in a migration would not be.
  return exported['migration'] as MigrationDefinition<E>;
}
