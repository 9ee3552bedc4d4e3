import { readProjectConfiguration, type Tree } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  GeneratorRefusedError,
  generateCollection,
  generateDomain,
  generateMigration,
  generateTable,
} from './index.ts';

/** A workspace in memory: nothing is linked, formatted or dumped, because that is done when files are written. */
describe('the generators', () => {
  let tree: Tree;

  beforeEach(() => {
    tree = createTreeWithEmptyWorkspace();
    tree.write(
      'packages/db-kit/package.json',
      JSON.stringify({ name: '@finova/db-kit', dependencies: { kysely: '0.28.18', mongodb: '7.9.0', zod: '4.6.7' } }),
    );
    tree.write('package-lock.json', JSON.stringify({ packages: { '': {}, 'packages/zebra': {} } }));
  });

  const text = (path: string) => tree.read(path, 'utf8') ?? '';
  const filesOf = (root: string, pattern: RegExp) => tree.children(root).filter((name) => pattern.test(name));

  it('write a PostgreSQL domain with a schema and a table, each made by a migration of its own', async () => {
    await generateDomain(tree, { name: 'gift-cards', engine: 'postgres', description: 'Cards that are given' });
    const root = 'packages/gift-cards-db';
    expect(text(`${root}/database.json`)).toBe('{ "engine": "postgres", "schema": "gift_cards" }\n');
    expect(filesOf(`${root}/migrations`, /\.ts$/).sort()).toEqual([
      expect.stringMatching(/^\d{8}T\d{6}-create-schema\.ts$/),
      expect.stringMatching(/^\d{8}T\d{6}-create-roles\.ts$/),
      expect.stringMatching(/^\d{8}T\d{6}-create-gift-cards\.ts$/),
      'ids.d.ts',
    ]);
    expect(text(`${root}/README.md`)).toContain(
      'Cards that are given. PostgreSQL schema `gift_cards`; depends on no other',
    );
    expect(text(`${root}/src/repositories/gift-card-repository.ts`)).toContain('export class GiftCardRepository {');
    expect(JSON.parse(text(`${root}/package.json`))).toMatchObject({
      name: '@finova/gift-cards-db',
      dependencies: { '@finova/db-kit': '0.1.0', kysely: '0.28.18', zod: '4.6.7' },
    });
    expect(readProjectConfiguration(tree, 'gift-cards-db').root).toBe(root);
  });

  it('write a MongoDB domain, and its dependencies where Nx and npm find them', async () => {
    await generateDomain(tree, { name: 'limits', engine: 'postgres' });
    await generateDomain(tree, { name: 'cards-db', engine: 'mongodb', dependsOn: ['limits'] });
    expect(text('packages/cards-db/database.json')).toBe('{ "engine": "mongodb", "database": "finova_cards" }\n');
    expect(JSON.parse(text('packages/cards-db/package.json')).dependencies).toEqual({
      '@finova/db-kit': '0.1.0',
      '@finova/limits-db': '0.1.0',
      mongodb: '7.9.0',
      zod: '4.6.7',
    });
    const { packages } = JSON.parse(text('package-lock.json'));
    expect(Object.keys(packages)).toEqual([
      '',
      'node_modules/@finova/cards-db',
      'node_modules/@finova/limits-db',
      'packages/cards-db',
      'packages/limits-db',
      'packages/zebra',
    ]);
    expect(packages['node_modules/@finova/cards-db']).toEqual({ resolved: 'packages/cards-db', link: true });
  });

  it('add a table to a domain that is there, and say so in its types, exports and README', async () => {
    await generateDomain(tree, { name: 'cards', engine: 'postgres' });
    await generateTable(tree, { domain: 'cards', name: 'policies' });
    const root = 'packages/cards-db';
    expect(text(`${root}/src/schema/index.ts`)).toContain(
      "  'cards.cards': CardsTable;\n  'cards.policies': PoliciesTable;\n",
    );
    expect(text(`${root}/src/index.ts`)).toContain('PolicyRepository');
    expect(text(`${root}/src/errors.ts`)).toContain('class PolicyNotFoundError');
    expect(text(`${root}/README.md`)).toContain('| `policies` | one row per policy |');
    expect(text(`${root}/migrations/ids.d.ts`).match(/cards-db\//g)).toHaveLength(4);
  });

  it('add what a table refuses to the list that the tests of its domain try', async () => {
    await generateDomain(tree, { name: 'cards', engine: 'postgres' });
    await generateTable(tree, { domain: 'cards', name: 'policies' });
    const list = text('packages/cards-db/test/constraints.test.ts');
    for (const rule of ['pkey', 'name_not_blank', 'name_not_long', 'status_known']) {
      expect(list).toContain(`'cards_${rule}'],\n`);
      expect(list).toContain(`'policies_${rule}'],\n`);
    }
    tree.delete('packages/cards-db/test/constraints.test.ts');
    await generateTable(tree, { domain: 'cards', name: 'limits' });
    expect(tree.exists('packages/cards-db/test/constraints.test.ts')).toBe(false);
  });

  it('test a table on the database that the tests of its domain open, whatever that is called', async () => {
    await generateDomain(tree, { name: 'cards', engine: 'postgres' });
    tree.rename('packages/cards-db/test/cards-test-database.ts', 'packages/cards-db/test/wallet-test-database.ts');
    const helper = text('packages/cards-db/test/wallet-test-database.ts').replaceAll('CardsTest', 'WalletTest');
    tree.write('packages/cards-db/test/wallet-test-database.ts', helper);
    await generateTable(tree, { domain: 'cards', name: 'policies' });
    expect(text('packages/cards-db/src/repositories/policy-repository.test.ts')).toContain(
      "import { openWalletTestDatabase, type WalletTestDatabase } from '../../test/wallet-test-database.ts';",
    );
    expect(tree.exists('packages/cards-db/test/cards-test-database.ts')).toBe(false);
  });

  it('add a collection to a domain that is there', async () => {
    await generateDomain(tree, { name: 'cards', engine: 'mongodb' });
    await generateCollection(tree, { domain: 'cards-db', name: 'people', entity: 'person' });
    expect(text('packages/cards-db/src/schema/index.ts')).toBe(`import { people } from './people.ts';
import { cards } from './cards.ts';

/** Every collection of this domain. */
export const CARDS_COLLECTIONS = [cards, people] as const;

export * from './cards.ts';
export * from './people.ts';
`);
    expect(text('packages/cards-db/README.md')).toContain(
      "| `people` | one document per person | `{ _id: 'hashed' }` |",
    );
  });

  it('add a migration after all others of its domain, with its test', async () => {
    await generateDomain(tree, { name: 'cards', engine: 'postgres' });
    await generateMigration(tree, { domain: 'cards', name: 'add-nickname', transaction: false });
    const last = filesOf('packages/cards-db/migrations', /^\d/).sort().at(-1);
    expect(last).toMatch(/-add-nickname\.ts$/);
    expect(text(`packages/cards-db/migrations/${last}`)).toContain('transaction: false');
    expect(text('packages/cards-db/test/migrations/add-nickname.test.ts')).toContain('describeMigration(');
  });

  it.each<[what: string, run: () => Promise<unknown>, message: string]>([
    ['a name with capitals', () => generateDomain(tree, { name: 'Cards', engine: 'postgres' }), 'lower case words'],
    ['a domain in the singular', () => generateDomain(tree, { name: 'card', engine: 'postgres' }), '--entity'],
    [
      'a domain that is there',
      () => generateDomain(tree, { name: 'taken', engine: 'postgres', entity: 'one' }),
      'there already',
    ],
    [
      'a dependency that is not there',
      () => generateDomain(tree, { name: 'cards', engine: 'postgres', dependsOn: ['nothing'] }),
      'nothing-db, which does not exist',
    ],
    [
      'a description that would end a text',
      () => generateDomain(tree, { name: 'cards', engine: 'postgres', description: "It's" }),
      'without quotes',
    ],
    [
      'a table of no domain',
      () => generateTable(tree, { domain: 'none', name: 'cards' }),
      'there is no domain none-db',
    ],
    ['a table where collections are', () => generateTable(tree, { domain: 'mails', name: 'cards' }), ':collection'],
    ['a collection where tables are', () => generateCollection(tree, { domain: 'taken', name: 'cards' }), ':table'],
    [
      'a table that is there',
      () => generateTable(tree, { domain: 'taken', name: 'taken', entity: 'one' }),
      'has it already',
    ],
    ['a migration without a name', () => generateMigration(tree, { domain: 'taken', name: 'Add it' }), 'add-nickname'],
    [
      'a migration that is there',
      () => generateMigration(tree, { domain: 'taken', name: 'create-schema' }),
      'has \\d{8}T\\d{6}-create-schema already',
    ],
  ])('refuse %s, say what to do, and write nothing', async (_, run, message) => {
    await generateDomain(tree, { name: 'taken', engine: 'postgres', entity: 'one' });
    await generateDomain(tree, { name: 'mails', engine: 'mongodb' });
    const before = tree.listChanges().length;
    await expect(run()).rejects.toThrow(GeneratorRefusedError);
    await expect(run()).rejects.toThrow(new RegExp(message));
    expect(tree.listChanges()).toHaveLength(before);
  });
});
