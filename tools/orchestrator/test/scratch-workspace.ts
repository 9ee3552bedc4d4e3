import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A domain of a scratch workspace. */
export interface ScratchDomain {
  readonly engine: 'postgres' | 'mongodb';
  readonly dependsOn?: readonly string[];
  /** Text of each migration by file name. */
  readonly migrations?: Readonly<Record<string, string>>;
}

/** A small workspace of its own, which the command is run in. */
export interface ScratchWorkspace {
  readonly folder: string;
  /** The schema or database of a domain. */
  namespace(domain: string): string;
  /** Writes or replaces a migration. */
  writeMigration(domain: string, file: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a workspace with these domains. It lies inside this one, so that its migrations find the drivers. */
export async function createScratchWorkspace(
  domains: Readonly<Record<string, ScratchDomain>>,
): Promise<ScratchWorkspace> {
  const id = randomUUID().slice(0, 8);
  const folder = join(import.meta.dirname, '.scratch', id);
  const namespace = (domain: string) => `${domain.replace(/-db$/, '')}_${id}`;
  const write = async (path: string, content: string | object) => {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  };
  await write('package.json', { name: 'scratch', private: true, type: 'module', workspaces: ['packages/*'] });
  await write('nx.json', { neverConnectToCloud: true, analytics: false });
  for (const [name, { engine, dependsOn = [], migrations = {} }] of Object.entries(domains)) {
    const dependencies = Object.fromEntries(dependsOn.map((dependency) => [`@scratch/${dependency}`, '1.0.0']));
    await write(`packages/${name}/package.json`, {
      name: `@scratch/${name}`,
      version: '1.0.0',
      type: 'module',
      dependencies,
      nx: { name },
    });
    await write(
      `packages/${name}/database.json`,
      engine === 'postgres' ? { engine, schema: namespace(name) } : { engine, database: namespace(name) },
    );
    await mkdir(join(folder, 'packages', name, 'migrations'), { recursive: true });
    for (const [file, text] of Object.entries(migrations)) {
      await write(`packages/${name}/migrations/${file}`, text.replaceAll('$schema', namespace(name)));
    }
  }
  return {
    folder,
    namespace,
    writeMigration: (domain, file, text) =>
      write(`packages/${domain}/migrations/${file}`, text.replaceAll('$schema', namespace(domain))),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A PostgreSQL migration of these statements. */
export function postgresMigration(up: string, down: string): string {
  return `import { sql } from 'kysely';
export const migration = {
  async up(db) { ${up
    .split(';')
    .map((statement) => `await sql\`${statement}\`.execute(db);`)
    .join('\n')} },
  async down(db) { ${down
    .split(';')
    .map((statement) => `await sql\`${statement}\`.execute(db);`)
    .join('\n')} },
};
`;
}

/** A PostgreSQL migration that sends these texts as they are, functions with their semicolons included. */
export function rawPostgresMigration(up: string, down: string): string {
  return `import { sql } from 'kysely';
export const migration = {
  lossy: 'Everything',
  async up(db) { await sql.raw(${JSON.stringify(up)}).execute(db); },
  async down(db) { await sql.raw(${JSON.stringify(down)}).execute(db); },
};
`;
}

/** A MongoDB migration that makes collections, one step each. */
export function mongoMigration(...collections: readonly string[]): string {
  const steps = collections.map(
    (name) => `{
      name: 'create-${name}',
      async up(db) {
        if ((await db.listCollections({ name: '${name}' }).toArray()).length === 0) await db.createCollection('${name}');
      },
      async down(db) { await db.dropCollection('${name}'); },
    }`,
  );
  return `export const migration = { steps: [${steps.join(', ')}] };\n`;
}
