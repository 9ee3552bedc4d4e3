import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMigrator } from '@finova/db-kit/migrations';
import { readStructure } from '../../tools/orchestrator/src/drift/read-structure.ts';
import { engineOptions } from '../../tools/orchestrator/src/run/run-context.ts';
import { makeScratchRun, type ScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import type { Attack } from '../harness/attack.ts';
import type { Random } from '../harness/random.ts';

const NAMES = ['20260102T000000-two', '20260104T000000-four', '20260106T000000-six', '20260108T000000-eight'];

/** What somebody does to a history that is applied; returns what the refusal has to name. */
type Tampering = (run: ScratchRun, folder: string, name: string) => Promise<string>;

const edit = async (file: string, change: (text: string) => string): Promise<void> => {
  const text = await readFile(file, 'utf8');
  const changed = change(text);
  if (changed === text) {
    throw new Error(`Nothing was changed in ${file}`);
  }
  await writeFile(file, changed);
};

const inRecords = async (run: ScratchRun, statement: string): Promise<void> => {
  const schema = `${run.workspace.namespace('cards-db')}_migrations`;
  await run.withClient((client) =>
    client.query(`ALTER TABLE ${schema}.history DISABLE TRIGGER ALL; ${statement.replaceAll('$records', schema)}`),
  );
};

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  'a body edited': async (_, folder, name) => {
    await edit(join(folder, `${name}.ts`), (text) => text.replace('id integer', 'id bigint'));
    return name;
  },
  'what it imports edited': async (_, folder) => {
    await edit(join(folder, 'frozen', 'deep.ts'), (text) => text.replace("'deep'", "'deeper'"));
    return 'frozen/deep';
  },
  'a file removed': async (_, folder, name) => {
    await rm(join(folder, `${name}.ts`));
    return name;
  },
  'a file renamed': async (_, folder, name) => {
    await rename(join(folder, `${name}.ts`), join(folder, `${name}-again.ts`));
    return name;
  },
  'one inserted earlier': async (_, folder, name) => {
    const earlier = `${name.slice(0, 7)}${Number(name.slice(7, 8)) - 1}T000000-earlier`;
    await writeFile(join(folder, `${earlier}.ts`), migration('earlier'));
    return earlier;
  },
  'a journal row edited': async (run, _, name) => {
    await inRecords(run, `UPDATE $records.journal SET checksum = repeat('0', 64) WHERE name = '${name}'`);
    return name;
  },
  'a journal row removed': async (run, _, name) => {
    await inRecords(run, `DELETE FROM $records.journal WHERE name = '${name}'`);
    return name;
  },
  'a history row removed': async (run, _, name) => {
    await inRecords(run, `DELETE FROM $records.history WHERE migration = '${name}'`);
    return '';
  },
  'a history row edited': async (run, _, name) => {
    await inRecords(run, `UPDATE $records.history SET actor = 'somebody else' WHERE migration = '${name}'`);
    return 'was edited';
  },
  'the end of the history cut off': async (run) => {
    await inRecords(run, 'DELETE FROM $records.history WHERE sequence = (SELECT max(sequence) FROM $records.history)');
    return NAMES.at(-1) ?? '';
  },
};

/** Changes that mean nothing. */
const COSMETICS: readonly ((text: string) => string)[] = [
  (text) => `// A comment before\n${text}`,
  (text) => `${text}\n/* and one after */\n`,
  (text) => text.replaceAll('\n', '\n\n'),
  (text) => text.replaceAll('  ', '\t'),
  (text) => text.replace('async up(db)', 'async up( db )'),
  (text) => text.replaceAll("'kysely'", '"kysely"'),
  (text) => text.replace('export const migration =', 'export const migration: unknown ='),
];

/** Histories that were tampered with are refused before anything is changed; those that only look different are not. */
export const tamperedHistory: Attack = {
  name: 'tampered-history',
  async run({ random, servers, count }) {
    const attempts = count({ full: 100, short: 15, tiny: 10 });
    const failures: string[] = [];
    const kinds = Object.keys(TAMPERINGS);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const kind = kinds[attempt % kinds.length] ?? '';
      failures.push(...(await tamper(kind, random, servers)).map((problem) => `${kind}: ${problem}`));
    }
    let cosmetic = 0;
    for (; cosmetic < attempts; cosmetic += 1) {
      failures.push(...(await changeLooks(random, servers)));
    }
    return {
      done: `${attempts} tampered histories of ${kinds.length} kinds, ${cosmetic} changes of looks alone`,
      failures,
    };
  },
};

async function tamper(kind: string, random: Random, servers: { postgres: string; mongodb: string }): Promise<string[]> {
  return withApplied(servers, async (run, folder, migrate) => {
    const culprit = (await TAMPERINGS[kind]?.(run, folder, random.pick(NAMES))) ?? '';
    await run.workspace.writeMigration('cards-db', '20260110T000000-next.ts', migration('next'));
    const context = await run.context();
    const [domain] = context.domains;
    const before = domain === undefined ? [] : await readStructure(context, domain);
    const refused = await migrate().then(
      () => 'nothing',
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    const after = domain === undefined ? [] : await readStructure(context, domain);
    return [
      ...(refused === 'nothing' ? ['it was not refused'] : []),
      ...(refused.includes(culprit) ? [] : [`the refusal does not name ${culprit}: ${refused}`]),
      ...(before.join() === after.join() ? [] : ['something was changed before it was refused']),
    ];
  });
}

async function changeLooks(random: Random, servers: { postgres: string; mongodb: string }): Promise<string[]> {
  return withApplied(servers, async (_, folder, migrate) => {
    const name = random.pick(NAMES);
    const file = join(folder, `${name}.ts`);
    await writeFile(file, random.pick(COSMETICS)(await readFile(file, 'utf8')));
    return migrate().then(
      () => [],
      (thrown: unknown) => [`false alarm: ${String(thrown)}`],
    );
  });
}

async function withApplied<T>(
  servers: { postgres: string; mongodb: string },
  use: (run: ScratchRun, folder: string, migrate: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const run = await makeScratchRun(
    {
      'cards-db': {
        engine: 'postgres',
        migrations: {
          ...Object.fromEntries(NAMES.map((name) => [`${name}.ts`, migration(name.slice(16))])),
          'frozen/deep.ts': "export const deep = 'deep';\n",
          'frozen/shallow.ts': "import { deep } from './deep.ts';\nexport const comment = 'a comment, ' + deep;\n",
        },
      },
    },
    servers,
  );
  try {
    const folder = join(run.workspace.folder, 'packages', 'cards-db', 'migrations');
    const migrate = async () => {
      const context = await run.context();
      for (const domain of context.domains) {
        await withMigrator(engineOptions(context, domain), (migrator) => migrator.up());
      }
    };
    await migrate();
    return await use(run, folder, migrate);
  } finally {
    await run.remove();
  }
}

function migration(name: string): string {
  return `import { sql } from 'kysely';
import { comment } from './frozen/shallow.ts';
export const migration = {
  async up(db) {
    await sql\`CREATE SCHEMA IF NOT EXISTS $schema\`.execute(db);
    await sql\`CREATE TABLE $schema.${name} (id integer)\`.execute(db);
    await sql\`COMMENT ON TABLE $schema.${name} IS \${sql.lit(comment)}\`.execute(db);
  },
  async down(db) { await sql\`DROP TABLE $schema.${name}\`.execute(db); },
};
`;
}
