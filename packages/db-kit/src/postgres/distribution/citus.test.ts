import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresTestDatabase, type PostgresTestDatabase } from '../../testing/postgres-test-database.ts';
import { testPostgresUrl } from '../../testing/test-servers.ts';
import { withPostgresClient } from '../connect.ts';
import { findCitusObstacles } from './citus-obstacles.ts';
import { toCitusStatements } from './citus-statements.ts';
import type { DatabaseDistribution } from './table-distribution.ts';

interface Row {
  readonly id: string;
  readonly owner: string;
}
interface Shop {
  readonly 'shop.owners': Row;
  readonly 'shop.orders': Row;
  readonly 'shop.lines': Row;
  readonly 'shop.countries': Row;
  readonly 'shop.log': Row;
}

const SHOP: DatabaseDistribution<Shop> = {
  'shop.lines': { kind: 'distributed', column: 'owner', colocatedWith: 'shop.orders' },
  'shop.log': { kind: 'local', why: 'it is one server’s' },
  'shop.orders': { kind: 'distributed', column: 'owner', colocatedWith: 'shop.owners' },
  'shop.owners': { kind: 'distributed', column: 'id' },
  'shop.countries': { kind: 'reference' },
};

describe('toCitusStatements', () => {
  it('distributes what others lie beside before them, whatever the order of the declarations', () => {
    expect(toCitusStatements(SHOP)).toEqual([
      "SELECT create_reference_table('shop.countries');",
      "SELECT create_distributed_table('shop.owners', 'id', colocate_with => 'none');",
      "SELECT create_distributed_table('shop.lines', 'owner', colocate_with => 'shop.owners');",
      "SELECT create_distributed_table('shop.orders', 'owner', colocate_with => 'shop.owners');",
      '-- shop.log stays on the coordinator: it is one server’s',
    ]);
  });

  it.each([
    ['a local one', 'shop.log'],
    ['itself', 'shop.owners'],
  ] as const)('refuses a table beside %s', (_, colocatedWith) => {
    const wrong: DatabaseDistribution<Shop> = {
      ...SHOP,
      'shop.owners': { kind: 'distributed', column: 'id', colocatedWith },
    };
    expect(() => toCitusStatements(wrong)).toThrow(RangeError);
  });
});

describe('findCitusObstacles', () => {
  let database: PostgresTestDatabase;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
  });
  afterAll(() => database?.drop());

  const obstaclesOf = (change: string) =>
    withPostgresClient({ url: database.url, applicationName: 'tests' }, async (client) => {
      await client.query('BEGIN');
      try {
        await client.query(`
          CREATE SCHEMA shop;
          CREATE TABLE shop.countries (id text PRIMARY KEY, owner text);
          CREATE TABLE shop.log (id text PRIMARY KEY, owner text);
          CREATE TABLE shop.elsewhere (id text PRIMARY KEY);
          CREATE TABLE shop.owners (id text PRIMARY KEY, owner text REFERENCES shop.countries);
          CREATE TABLE shop.orders (id text, owner text REFERENCES shop.owners, PRIMARY KEY (owner, id));
          CREATE TABLE shop.lines (id text, owner text, FOREIGN KEY (owner, id) REFERENCES shop.orders (owner, id))
            PARTITION BY LIST (owner);
          CREATE TABLE shop.lines_a PARTITION OF shop.lines FOR VALUES IN ('a');
          CREATE FUNCTION shop.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`);
        await client.query(change);
        return (await findCitusObstacles(client, SHOP)).map(({ table, object }) => `${table} ${object}`);
      } finally {
        await client.query('ROLLBACK');
      }
    });

  it('finds none where there is none', async () => {
    expect(await obstaclesOf('SELECT')).toEqual([]);
  });

  it.each([
    ['a unique key without the column', 'ALTER TABLE shop.orders ADD CONSTRAINT one UNIQUE (id)', 'shop.orders one'],
    ['a unique index without it', 'CREATE UNIQUE INDEX one ON shop.orders (id)', 'shop.orders one'],
    [
      'a foreign key to a local table',
      'ALTER TABLE shop.orders ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES shop.log',
      'shop.orders k',
    ],
    [
      'one to a table that nothing is said of',
      'ALTER TABLE shop.orders ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES shop.elsewhere',
      'shop.orders k',
    ],
    [
      'one by another column',
      'ALTER TABLE shop.orders ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES shop.owners',
      'shop.orders k',
    ],
    [
      'one from a local table to a distributed one',
      'ALTER TABLE shop.log ADD CONSTRAINT k FOREIGN KEY (owner) REFERENCES shop.owners',
      'shop.log k',
    ],
    [
      'a row trigger',
      'CREATE TRIGGER t AFTER INSERT ON shop.lines FOR EACH ROW EXECUTE FUNCTION shop.refuse()',
      'shop.lines t',
    ],
    [
      'a statement trigger',
      'CREATE TRIGGER t AFTER INSERT ON shop.countries EXECUTE FUNCTION shop.refuse()',
      'shop.countries t',
    ],
  ])('finds %s', async (_, change, expected) => {
    expect(await obstaclesOf(change)).toEqual([expected]);
  });

  it('leaves local tables what they have', async () => {
    expect(await obstaclesOf('CREATE TRIGGER t AFTER INSERT ON shop.log EXECUTE FUNCTION shop.refuse()')).toEqual([]);
  });
});
