import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientSession,
  type Collection,
  type MongoClient,
  MongoNetworkError,
  MongoServerSelectionError,
} from 'mongodb';
import { isMongoError, MongoErrorCode } from '../../errors/index.ts';
import { LockLostError, LockTimeoutError, MigrationInterruptedError } from '../errors/index.ts';
import type { EngineOptions } from '../migration-engine.ts';

const LEASE_ID = 'migration-lease';
const DEFAULT_LEASE_MS = 15_000;
const POLL_INTERVAL_MS = 100;
const POLL_JITTER_MS = 100;

interface LeaseDocument {
  readonly _id: typeof LEASE_ID;
  /** Which run holds it: two runs of one process are two holders. */
  readonly holder: string;
  /** Grows by one with each holder: a write that carries an older token is refused. */
  readonly token: number;
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
  readonly expiresAt: Date;
  /** Written by every fenced transaction, so that a take-over in the same moment conflicts with it. */
  readonly fencedAt?: Date;
}

/**
 * A domain's migration lock on MongoDB: a lease with an expiry on the server's clock, and a fencing token that every
 * journal write carries. MongoDB has no lock that dies with its session, so a paused holder can outlive its lease;
 * the token is what keeps it from writing then.
 */
export class MigrationLease {
  readonly #collection: Collection<LeaseDocument>;
  readonly #client: MongoClient;
  readonly #domain: string;
  readonly #holder: string;
  readonly #token: number;

  private constructor(
    client: MongoClient,
    collection: Collection<LeaseDocument>,
    domain: string,
    holder: string,
    token: number,
  ) {
    this.#client = client;
    this.#collection = collection;
    this.#domain = domain;
    this.#holder = holder;
    this.#token = token;
  }

  /**
   * Holds the lease while `use` runs, renewing it in the background.
   *
   * @throws {LockTimeoutError} after `lockTimeoutMs`, naming the holder.
   */
  static async with<T>(
    client: MongoClient,
    options: EngineOptions,
    use: (lease: MigrationLease) => Promise<T>,
  ): Promise<T> {
    const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
    const collection = client.db(options.domain.namespace).collection<LeaseDocument>('migration_lease');
    const lease = await MigrationLease.#acquire(client, collection, options, leaseMs);
    // A renewal that fails is not an error by itself: the next fenced write tells whether the lease is still ours.
    const renewal = setInterval(() => lease.#renew(leaseMs).catch(() => {}), leaseMs / 3);
    renewal.unref();
    try {
      return await use(lease);
    } finally {
      clearInterval(renewal);
      // One that cannot be released expires by itself; that must not hide how `use` ended.
      await lease.#release().catch(() => {});
    }
  }

  static async #acquire(
    client: MongoClient,
    collection: Collection<LeaseDocument>,
    options: EngineOptions,
    leaseMs: number,
  ): Promise<MigrationLease> {
    const holder = randomUUID();
    const startedAtMs = performance.now();
    for (;;) {
      const document = await takeIfFree(client, collection, holder, options, leaseMs);
      if (document?.holder === holder) {
        return new MigrationLease(client, collection, options.domain.name, holder, document.token);
      }
      const waitedMs = Math.round(performance.now() - startedAtMs);
      if (waitedMs >= options.lockTimeoutMs) {
        const current = document ?? (await collection.findOne({ _id: LEASE_ID }));
        throw new LockTimeoutError(options.domain.name, current ?? undefined, waitedMs);
      }
      await sleep(POLL_INTERVAL_MS + Math.random() * POLL_JITTER_MS, undefined, { signal: options.signal }).catch(
        () => {
          throw new MigrationInterruptedError(options.domain.name, 'waiting for the migration lock');
        },
      );
    }
  }

  /**
   * Runs `use` in a transaction that commits only while the lease is still ours.
   *
   * @throws {LockLostError} when another runner took the lease over, or the server cannot be asked any more.
   */
  async withFencedTransaction<T>(use: (session: ClientSession) => Promise<T>): Promise<T> {
    try {
      return await this.#runFencedTransaction(use);
    } catch (thrown) {
      throw thrown instanceof MongoNetworkError || thrown instanceof MongoServerSelectionError
        ? new LockLostError(this.#domain, thrown)
        : thrown;
    }
  }

  #runFencedTransaction<T>(use: (session: ClientSession) => Promise<T>): Promise<T> {
    return this.#client.withSession((session) =>
      session.withTransaction(async () => {
        const held = await this.#collection.updateOne(
          { _id: LEASE_ID, holder: this.#holder, token: this.#token },
          [{ $set: { fencedAt: '$$NOW' } }],
          { session },
        );
        if (held.matchedCount !== 1) {
          throw new LockLostError(this.#domain);
        }
        return use(session);
      }),
    );
  }

  async #renew(leaseMs: number): Promise<void> {
    await this.#collection.updateOne({ _id: LEASE_ID, holder: this.#holder, token: this.#token }, [
      { $set: { expiresAt: expiryIn(leaseMs) } },
    ]);
  }

  async #release(): Promise<void> {
    await this.#collection.updateOne(
      { _id: LEASE_ID, holder: this.#holder, token: this.#token },
      { $set: { expiresAt: new Date(0), holder: '' } },
    );
  }
}

/**
 * Takes the lease where it is free or expired, in one atomic update, and returns it as it then stands.
 *
 * The condition is part of the update and not of the filter: the server's clock (`$$NOW`) decides, and a lease that
 * is held comes back unchanged, with the holder's name for the message.
 *
 * In a transaction, because there it conflicts at once with a transaction that has written to the lease. Outside one the
 * server would make it wait, longer than we may: that of a killed runner stays open for a minute.
 *
 * @returns `null` when another runner has it in its hands this moment.
 */
async function takeIfFree(
  client: MongoClient,
  collection: Collection<LeaseDocument>,
  holder: string,
  { identity }: EngineOptions,
  leaseMs: number,
): Promise<LeaseDocument | null> {
  // As milliseconds: SecantusDB takes every stored date to be before `$$NOW` when they are compared as dates.
  const isFree = { $lte: [{ $toLong: { $ifNull: ['$expiresAt', new Date(0)] } }, { $toLong: '$$NOW' }] };
  const whenFree = (taken: unknown, held: string) => ({ $cond: [isFree, taken, held] });
  return client.withSession(async (session) => {
    try {
      session.startTransaction();
      const document = await collection.findOneAndUpdate(
        { _id: LEASE_ID },
        [
          {
            $set: {
              holder: whenFree({ $literal: holder }, '$holder'),
              token: whenFree({ $add: [{ $ifNull: ['$token', 0] }, 1] }, '$token'),
              actor: whenFree({ $literal: identity.actor }, '$actor'),
              host: whenFree({ $literal: identity.host }, '$host'),
              pid: whenFree({ $literal: identity.pid }, '$pid'),
              since: whenFree('$$NOW', '$since'),
              expiresAt: whenFree(expiryIn(leaseMs), '$expiresAt'),
            },
          },
        ],
        { upsert: true, returnDocument: 'after', promoteValues: true, useBigInt64: false, session },
      );
      await session.commitTransaction();
      return document;
    } catch (thrown) {
      if (isMongoError(thrown, [MongoErrorCode.duplicateKey, MongoErrorCode.writeConflict])) {
        return null;
      }
      throw thrown;
    }
  });
}

function expiryIn(leaseMs: number) {
  return { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: leaseMs } };
}
