import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectionDefinition, collectionDifferences, withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { type RunContext, serverOf } from '../run/run-context.ts';
import { isInstalled } from '../workspace/installed-domains.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import type { DriftDifference } from './structure-differences.ts';

const APPLICATION_NAME = 'finova-db types';

/**
 * Compares the types in a domain's code with its live database: the Kysely interface `<Name>Database`, or the
 * definitions `<NAME>_COLLECTIONS`, that `src/schema/index.ts` exports. A package without them has nothing to compare; an
 * installed one was compared where it was built.
 */
export async function typeDifferences(context: RunContext, domain: WorkspaceDomain): Promise<DriftDifference[]> {
  const schemaFile = join(domain.folder, 'src', 'schema', 'index.ts');
  if (isInstalled(domain) || !existsSync(schemaFile)) {
    return [];
  }
  const connection = { url: serverOf(context, domain).url, applicationName: APPLICATION_NAME };
  const name = domain.name.replace(/-db$/, '');
  if (domain.engine === 'mongodb') {
    const definitions = await readDefinitions(domain, name);
    const lines = await withMongoClient(connection, async (client) => {
      const db = client.db(domain.namespace);
      return (await Promise.all(definitions.map((definition) => collectionDifferences(db, definition)))).flat();
    });
    return lines.map((line) => ({ kind: 'changed', object: 'definition', found: line }));
  }
  const databaseInterface = `${name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Database`;
  // Needs the TypeScript compiler, which only development has.
  const { findTypeDifferences } = await import('@finova/db-kit/type-check');
  const lines = await withPostgresClient(connection, (client) =>
    findTypeDifferences(client, domain.namespace, schemaFile, databaseInterface),
  );
  return lines.map((line) => ({ kind: 'changed', object: `type of ${line.slice(0, line.indexOf(':'))}`, found: line }));
}

async function readDefinitions(domain: WorkspaceDomain, name: string): Promise<readonly CollectionDefinition[]> {
  const exported = (await import(domain.packageName)) as Readonly<Record<string, unknown>>;
  const found = exported[`${name.replaceAll('-', '_').toUpperCase()}_COLLECTIONS`];
  return Array.isArray(found) ? (found as CollectionDefinition[]) : [];
}
