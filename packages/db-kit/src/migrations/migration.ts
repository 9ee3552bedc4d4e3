import type { Kysely } from 'kysely';
import type { ClientSession, Db, Document } from 'mongodb';
import type { DocumentBackfill } from '../mongodb/backfill-documents.ts';

/**
 * The migrations that there are, as keys. Each domain adds its own in its generated `migrations/ids.d.ts`, so that
 * `requires` knows their names.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging.
export interface MigrationIds {}

/**
 * A migration's place in the world: `<domain>/<timestamp>-<name>`, for example
 * `accounts-db/20260301T090000-create-accounts`. Where the domains are type-checked, only names that exist.
 */
export type MigrationId = keyof MigrationIds extends never ? `${string}-db/${string}` : keyof MigrationIds;

interface MigrationCommon {
  /** Migrations of other domains, on either engine, that must be applied before this one. */
  readonly requires?: readonly MigrationId[];
  /** Why there is no `down`. Exactly one of `down` and `irreversible` is given. */
  readonly irreversible?: string;
  /** Which data `down` loses. Left out when `down` loses none. */
  readonly lossy?: string;
  /** Rules of `finova-db lint` that it breaks on purpose, each with the reason. */
  readonly waives?: Readonly<Record<string, string>>;
}

/**
 * One change of a PostgreSQL domain. Its statements and its journal row commit in one transaction.
 *
 * `db` is untyped on purpose: a migration is frozen history and must not follow the live types.
 *
 * @example
 * export const migration: PostgresMigration = {
 *   async up(db) {
 *     await sql`ALTER TABLE accounts.customers ADD COLUMN nickname text`.execute(db);
 *   },
 *   lossy: 'Nicknames are dropped',
 *   async down(db) {
 *     await sql`ALTER TABLE accounts.customers DROP COLUMN nickname`.execute(db);
 *   },
 * };
 */
export interface PostgresMigration extends MigrationCommon {
  /**
   * `false` for what PostgreSQL refuses inside a transaction, such as `CREATE INDEX CONCURRENTLY`. It is then
   * journaled as started before and done after, so `up` and `down` must be safe to run again after a crash.
   */
  readonly transaction?: false;
  /**
   * `session` runs it with the rights of whoever migrates, instead of those of the role that owns the domain's schema:
   * for what only an administrator may do, such as roles and extensions.
   */
  readonly runsAs?: 'session';
  /** How long one statement may wait for a lock before the migration fails. Default 5,000. */
  readonly lockTimeoutMs?: number;
  /** How long one statement may run. Default 0: no limit. */
  readonly statementTimeoutMs?: number;
  // biome-ignore lint/suspicious/noExplicitAny: a migration is frozen history and must not follow the live types.
  up(db: Kysely<any>): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: a migration is frozen history and must not follow the live types.
  down?(db: Kysely<any>): Promise<void>;
}

/**
 * One named part of a MongoDB migration. MongoDB changes collections outside transactions, so a crash can fall
 * between doing a step and journaling it: `up` and `down` must leave the same result when they run twice.
 */
export interface MongoMigrationStep {
  /** Unique within the migration: `create-notifications`. */
  readonly name: string;
  up(db: Db, context: MongoStepContext): Promise<void>;
  down?(db: Db, context: MongoStepContext): Promise<void>;
}

/** What a step may want to know about its run. */
export interface MongoStepContext {
  /** Fires when the run is interrupted or the step's time is over; long steps stop at their next batch. */
  readonly signal: AbortSignal | undefined;
  /** Runs `use` in a transaction that also proves the migration lease is still ours. */
  withFencedTransaction<T>(use: (session: ClientSession) => Promise<T>): Promise<T>;
  /**
   * Changes documents a batch at a time, and keeps after each batch how far it got: killed at any moment, the next run
   * goes on there. What others change meanwhile is not overwritten but looked at again.
   *
   * @throws {BackfillStuckError} when documents still match its filter after it has tried.
   * @example
   * await context.backfill({ collection: 'letters', filter: { schemaVersion: 1 }, change: toVersion2 });
   */
  backfill(backfill: DocumentBackfill & { readonly collection: string }): Promise<void>;
  /**
   * Replaces a collection's validator, strict and refusing, once no document violates it.
   *
   * @throws {ValidatorViolatedError} saying how many documents do, and how to find them; the validator before stays.
   */
  replaceValidator(collection: string, validator: Document): Promise<void>;
  /**
   * Shards a collection where the server is a `mongos`; elsewhere it says in a line that it did not.
   *
   * @param key - `{ userId: 'hashed' }`; every unique index of the collection must begin with it.
   */
  shardCollection(collection: string, key: Readonly<Record<string, 1 | 'hashed'>>): Promise<void>;
}

/** One change of a MongoDB domain: steps, journaled one by one and undone in reverse order. */
export interface MongoMigration extends MigrationCommon {
  /** How long one step may take before the migration fails. Default 0: no limit. */
  readonly stepTimeoutMs?: number;
  readonly steps: readonly [MongoMigrationStep, ...MongoMigrationStep[]];
}

/** The engine a domain's data lives in. */
export type Engine = 'postgres' | 'mongodb';

/** A domain as the migrator sees it: where its migrations are and what they change. */
export interface MigrationDomain {
  /** `accounts-db` */
  readonly name: string;
  readonly engine: Engine;
  /** PostgreSQL: the schema. MongoDB: the database. */
  readonly namespace: string;
  /** Absolute path of the folder with the migration files. */
  readonly migrationsFolder: string;
  /** Absolute path of the folder with `*.sql` files that are applied again when their text changes. */
  readonly repeatablesFolder?: string;
  /** Tables and functions of other domains that it reaches into, as `schema.name`: `accounts.accounts`. */
  readonly reaches?: readonly string[];
}

export type MigrationDirection = 'up' | 'down';
