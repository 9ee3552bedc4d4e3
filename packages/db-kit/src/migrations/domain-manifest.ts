import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { FinovaError } from '../errors/index.ts';
import type { MigrationDomain } from './migration.ts';

/** A domain package whose `database.json` cannot be used. */
export class InvalidDomainManifestError extends FinovaError {
  readonly file: string;

  constructor(file: string, problem: string, cause?: unknown) {
    super({
      message: `Manifest ${file} is not valid: ${problem}`,
      next: 'write { "engine": "postgres", "schema": "…" } or { "engine": "mongodb", "database": "…" }',
      cause,
    });
    this.file = file;
  }
}

const identifier = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, 'expected lower case letters, digits and underscores');

const table = z.string().regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'expected schema.table');

const manifest = z.discriminatedUnion('engine', [
  z.strictObject({
    $schema: z.string().optional(),
    engine: z.literal('postgres'),
    schema: identifier,
    reaches: z.array(table).optional(),
  }),
  z.strictObject({ $schema: z.string().optional(), engine: z.literal('mongodb'), database: identifier }),
]);

/**
 * Reads the `database.json` of a domain package; the domain's name is that of its folder. A package that npm installed
 * has its migrations compiled, with the checksums that their sources have.
 *
 * @param packageFolder - absolute path or URL of the package: `…/packages/accounts-db`.
 * @throws {InvalidDomainManifestError}
 *
 * @example
 * const domain = await readDomain(new URL('.', import.meta.resolve('@finova/accounts-db/database.json')));
 */
export async function readDomain(packageFolder: string | URL): Promise<MigrationDomain> {
  const folder = typeof packageFolder === 'string' ? packageFolder : fileURLToPath(packageFolder);
  const file = join(folder, 'database.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InvalidDomainManifestError(file, 'it cannot be read', cause);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidDomainManifestError(file, 'it is not JSON', cause);
  }
  const parsed = manifest.safeParse(json);
  if (!parsed.success) {
    throw new InvalidDomainManifestError(file, z.prettifyError(parsed.error).replaceAll('\n', ' '));
  }
  const sources = join(folder, 'migrations');
  const compiled = join(folder, 'dist', 'migrations');
  return {
    name: basename(folder),
    engine: parsed.data.engine,
    namespace: parsed.data.engine === 'postgres' ? parsed.data.schema : parsed.data.database,
    migrationsFolder: !existsSync(sources) && existsSync(compiled) ? compiled : sources,
    repeatablesFolder: join(folder, 'repeatables'),
    ...(parsed.data.engine === 'postgres' && parsed.data.reaches !== undefined ? { reaches: parsed.data.reaches } : {}),
  };
}
