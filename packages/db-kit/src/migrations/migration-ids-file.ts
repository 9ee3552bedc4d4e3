import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationDomain } from './migration.ts';
import { listMigrationFiles } from './migration-files.ts';

const FILE_NAME = 'ids.d.ts';

/**
 * The text of a domain's `migrations/ids.d.ts`, which adds its migrations to the names that `requires` accepts.
 *
 * @param names - oldest first.
 */
export function renderMigrationIds(domain: string, names: readonly string[]): string {
  return `// Generated from the names of the files beside it, for \`requires\`: npm run db -- new
export {};

declare module '@finova/db-kit/migrations' {
  interface MigrationIds {
${names.map((name) => `    '${domain}/${name}': true;\n`).join('')}  }
}
`;
}

/** Whether `migrations/ids.d.ts` lists the domain's migrations as they are. */
export async function isMigrationIdsFileCurrent(domain: MigrationDomain): Promise<boolean> {
  const found = await readFile(join(domain.migrationsFolder, FILE_NAME), 'utf8').catch(() => '');
  return found === (await renderOf(domain));
}

/** Writes `migrations/ids.d.ts`. */
export async function writeMigrationIdsFile(domain: MigrationDomain): Promise<void> {
  await writeFile(join(domain.migrationsFolder, FILE_NAME), await renderOf(domain));
}

async function renderOf(domain: MigrationDomain): Promise<string> {
  return renderMigrationIds(
    domain.name,
    (await listMigrationFiles(domain)).map(({ name }) => name),
  );
}
