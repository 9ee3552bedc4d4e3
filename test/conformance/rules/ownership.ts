import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import {
  createMongoTestDatabase,
  createPostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { readWorkspaceDomains, type WorkspaceDomain } from '@finova/orchestrator';
import type { Finding, Rule } from '../finding.ts';
import { listFiles, withoutComments } from '../workspace-files.ts';

interface OwnedTable {
  readonly domain: WorkspaceDomain;
  readonly name: string;
  /** The comment in the database, or for a collection what the README says. */
  readonly isDocumented: boolean;
}

/** What the databases hold after all migrations, and who made it. */
async function readOwnedTables(workspace: string): Promise<OwnedTable[]> {
  const domains = await readWorkspaceDomains(workspace, {});
  const postgres = domains.filter(({ engine }) => engine === 'postgres');
  const database = await createPostgresTestDatabase(testPostgresUrl(), postgres);
  const owned: OwnedTable[] = [];
  try {
    await withPostgresClient({ url: database.url, applicationName: 'finova tests' }, async (client) => {
      for (const domain of postgres) {
        const { rows } = await client.query<{ name: string; comment: string | null }>(
          `SELECT relname AS name, obj_description(oid, 'pg_class') AS comment FROM pg_class
           WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
          [domain.namespace],
        );
        owned.push(...rows.map(({ name, comment }) => ({ domain, name, isDocumented: comment !== null })));
      }
    });
  } finally {
    await database.drop();
  }
  for (const domain of domains.filter(({ engine }) => engine === 'mongodb')) {
    const own = await createMongoTestDatabase(testMongoUrl(), domain);
    try {
      const names = await withMongoClient({ url: own.url, applicationName: 'finova tests' }, async (client) =>
        (await client.db(own.databaseName).listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
      );
      owned.push(
        ...names.filter((name) => !name.startsWith('migration_')).map((name) => ({ domain, name, isDocumented: true })),
      );
    } finally {
      await own.drop();
    }
  }
  return owned;
}

/** Every table and collection has one owner, who documents it. */
export const ownership: Rule = {
  name: 'every table and collection is documented and owned by one domain',
  async check(workspace) {
    const findings: Finding[] = [];
    const owners = new Map<string, string>();
    for (const { domain, name, isDocumented } of await readOwnedTables(workspace)) {
      const folder = `packages/${basename(domain.folder)}`;
      const other = owners.get(`${domain.namespace}.${name}`);
      if (other !== undefined) {
        findings.push({
          file: folder,
          problem: `${domain.namespace}.${name} belongs to ${other} too`,
          instead: 'give each domain a schema or database of its own',
        });
      }
      owners.set(`${domain.namespace}.${name}`, domain.name);
      if (!isDocumented) {
        findings.push({
          file: folder,
          problem: `table ${name} has no comment`,
          instead: 'write COMMENT ON TABLE in a migration',
        });
      }
      const readme = await readFile(join(domain.folder, 'README.md'), 'utf8');
      if (!readme.includes(`\`${name}\``)) {
        findings.push({
          file: `${folder}/README.md`,
          problem: `it does not mention ${name}`,
          instead: 'add it to the list of what the domain holds',
        });
      }
    }
    return findings;
  },
};

/** A table or function where SQL or Kysely's builder names what it works on. */
const REACH =
  /(?:\b(?:FROM|JOIN|INTO|UPDATE|ON|REFERENCES|TABLE|OF)\s+|\b\w+(?:From|Into|Table|Join)\(')([a-z_]+)\.([a-z_]+)/g;

/** A domain reads another's tables by its public API, or says in its manifest which it is granted. */
export const foreignTables: Rule = {
  name: "no domain reaches into another's tables undeclared",
  async check(workspace) {
    const domains = await readWorkspaceDomains(workspace, {});
    const schemas = new Map(
      domains.filter(({ engine }) => engine === 'postgres').map((domain) => [domain.namespace, domain.name]),
    );
    const findings: Finding[] = [];
    for (const domain of domains) {
      const { reaches = [] } = await readDomain(domain.folder);
      const folder = `packages/${basename(domain.folder)}`;
      const sources = await listFiles(
        workspace,
        new RegExp(`^${folder}/(?:src|migrations|repeatables)/.*(?<!\\.test|\\.d)\\.(?:ts|sql)$`),
      );
      const used = new Set<string>();
      for (const file of sources) {
        for (const [, schema = '', table = ''] of withoutComments(await file.text()).matchAll(REACH)) {
          const owner = schemas.get(schema);
          const isTable = owner !== undefined && owner !== domain.name;
          if (isTable) {
            used.add(`${schema}.${table}`);
          }
          if (isTable && !reaches.includes(`${schema}.${table}`)) {
            findings.push({
              file: file.path,
              problem: `it reaches into ${schema}.${table} of ${owner}`,
              instead: `use the public API of @finova/${owner}, or declare it in database.json: "reaches": ["${schema}.${table}"]`,
            });
          }
        }
      }
      for (const declared of reaches.filter((name) => !used.has(name))) {
        findings.push({
          file: `${folder}/database.json`,
          problem: `it declares ${declared} and does not use it`,
          instead: 'remove it from reaches',
        });
      }
    }
    return findings;
  },
};
