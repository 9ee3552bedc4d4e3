import { describeMongoStructure, withMongoClient } from '@finova/db-kit/mongodb';
import { describePostgresStructure, withPostgresClient } from '@finova/db-kit/postgres';
import { type RunContext, serverOf } from '../run/run-context.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

const APPLICATION_NAME = 'finova-db structure';

/**
 * Everything that a domain's database consists of, as sorted lines that are the same for databases that behave alike:
 * the names of a MongoDB database and of the user who migrated do not count.
 */
export async function readStructure(context: RunContext, domain: WorkspaceDomain): Promise<string[]> {
  const connection = { url: serverOf(context, domain).url, applicationName: APPLICATION_NAME };
  if (domain.engine === 'mongodb') {
    const lines = await withMongoClient(connection, (client) => describeMongoStructure(client.db(domain.namespace)));
    return lines.map((line) => line.replaceAll(domain.namespace, '(database)'));
  }
  return withPostgresClient(connection, async (client) => {
    const lines = await describePostgresStructure(client, domain.namespace);
    const { rows } = await client.query<{ owner: string }>(
      'SELECT nspowner::regrole::text AS owner FROM pg_namespace WHERE nspname = $1',
      [domain.namespace],
    );
    return lines.map((line) => withoutOwner(line, rows[0]?.owner));
  });
}

/** Grants name the owner: `finova=arwdDxt/finova`. Another user may have migrated the throw-away copy. */
function withoutOwner(line: string, owner: string | undefined): string {
  if (owner === undefined) {
    return line;
  }
  const name = owner.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return line
    .replaceAll(new RegExp(`(?<=[ {,])${name}=`, 'g'), '(owner)=')
    .replaceAll(new RegExp(`/${name}(?=[ },]|$)`, 'gm'), '/(owner)')
    .replaceAll(new RegExp(`\\b(by|owner) ${name}\\b`, 'g'), '$1 (owner)');
}
