import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Binary,
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
const FENCE_ID = 'migration-fence';
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
  /** The session of its transactions, while it is held. */
  readonly session?: Binary;
}

/**
 * What every fenced transaction and every take-over writes, so that of two in the same moment one is refused. Apart from
 * the lease, whose renewals would otherwise have to wait for the transaction of their own holder.
 */
interface FenceDocument {
  readonly _id: typeof FENCE_ID;
  /** That of the lease. */
  readonly token: number;
  readonly fencedAt?: Date;
}

/** What taking the lease needs. */
interface Taking {
  readonly client: MongoClient;
  readonly leases: Collection<LeaseDocument>;
  readonly fences: Collection<FenceDocument>;
  readonly session: ClientSession;
  readonly holder: string;
  readonly options: EngineOptions;
  readonly leaseMs: number;
}

/**
 * A domain's migration lock on MongoDB: a lease with an expiry on the server's clock, and a fencing token that every
 * journal write carries. MongoDB has no lock that dies with its session, so a paused holder can outlive its lease;
 * the token is what keeps it from writing then. Nor does a transaction die with its client: what one that was killed
 * left open stands in everybody's way for a minute (`transactionLifetimeLimitSeconds`). The lease says whose session it
 * is, so that who takes it over can end it.
 */
export class MigrationLease {
  readonly #taking: Taking;
  readonly #token: number;
  #isSessionInUse = false;

  private constructor(taking: Taking, token: number) {
    this.#taking = taking;
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
    const db = client.db(options.domain.namespace);
    return client.withSession(async (session) => {
      const lease = await MigrationLease.#acquire({
        client,
        leases: db.collection('migration_lease'),
        fences: db.collection('migration_lease'),
        session,
        holder: randomUUID(),
        options,
        leaseMs,
      });
      // A renewal that fails is not an error by itself: the next fenced write tells whether the lease is still ours.
      const renewal = setInterval(() => lease.#renew().catch(() => {}), leaseMs / 3);
      renewal.unref();
      try {
        return await use(lease);
      } finally {
        clearInterval(renewal);
        // One that cannot be released expires by itself; that must not hide how `use` ended.
        await lease.#release().catch(() => {});
      }
    });
  }

  static async #acquire(taking: Taking): Promise<MigrationLease> {
    const { leases, holder, options } = taking;
    const startedAtMs = performance.now();
    for (;;) {
      const document = await takeIfFree(taking);
      if (document?.holder === holder) {
        return new MigrationLease(taking, document.token);
      }
      const waitedMs = Math.round(performance.now() - startedAtMs);
      if (waitedMs >= options.lockTimeoutMs) {
        const current = document ?? (await leases.findOne({ _id: LEASE_ID }));
        throw new LockTimeoutError(options.domain.name, current ?? undefined, waitedMs);
      }
      if (document === null) {
        await endTransactionOfExpired(taking);
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
        ? new LockLostError(this.#taking.options.domain.name, thrown)
        : thrown;
    }
  }

  async #runFencedTransaction<T>(use: (session: ClientSession) => Promise<T>): Promise<T> {
    const { client, fences, session, options } = this.#taking;
    const runIn = (own: ClientSession) =>
      own.withTransaction(async () => {
        const held = await fences.updateOne({ _id: FENCE_ID, token: this.#token }, [{ $set: { fencedAt: '$$NOW' } }], {
          session: own,
        });
        if (held.matchedCount !== 1) {
          throw new LockLostError(options.domain.name);
        }
        return use(own);
      });
    // A session has one transaction at a time. A step that begins a second one beside it gets a session of its own.
    if (this.#isSessionInUse) {
      return client.withSession(runIn);
    }
    this.#isSessionInUse = true;
    try {
      return await runIn(session);
    } finally {
      this.#isSessionInUse = false;
    }
  }

  async #renew(): Promise<void> {
    const { leases, holder, leaseMs } = this.#taking;
    await leases.updateOne({ _id: LEASE_ID, holder, token: this.#token }, [{ $set: { expiresAt: expiryIn(leaseMs) } }]);
  }

  async #release(): Promise<void> {
    const { leases, holder } = this.#taking;
    // The driver uses a session again for something else, which nobody who finds it here may end.
    await leases.updateOne(
      { _id: LEASE_ID, holder, token: this.#token },
      { $set: { expiresAt: new Date(0), holder: '' }, $unset: { session: '' } },
    );
  }
}

/** As milliseconds: SecantusDB takes every stored date to be before `$$NOW` when they are compared as dates. */
const IS_FREE = { $lte: [{ $toLong: { $ifNull: ['$expiresAt', new Date(0)] } }, { $toLong: '$$NOW' }] };

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
async function takeIfFree(taking: Taking): Promise<LeaseDocument | null> {
  const { leases, fences, session, holder, options, leaseMs } = taking;
  const { actor, host, pid } = options.identity;
  const whenFree = (taken: unknown, held: string) => ({ $cond: [IS_FREE, taken, held] });
  try {
    session.startTransaction();
    const document = await leases.findOneAndUpdate(
      { _id: LEASE_ID },
      [
        {
          $set: {
            holder: whenFree({ $literal: holder }, '$holder'),
            token: whenFree({ $add: [{ $ifNull: ['$token', 0] }, 1] }, '$token'),
            actor: whenFree({ $literal: actor }, '$actor'),
            host: whenFree({ $literal: host }, '$host'),
            pid: whenFree({ $literal: pid }, '$pid'),
            since: whenFree('$$NOW', '$since'),
            expiresAt: whenFree(expiryIn(leaseMs), '$expiresAt'),
            session: whenFree({ $literal: session.id?.id }, '$session'),
          },
        },
      ],
      { upsert: true, returnDocument: 'after', promoteValues: true, useBigInt64: false, session },
    );
    if (document?.holder === holder) {
      await fences.updateOne({ _id: FENCE_ID }, { $set: { token: document.token } }, { upsert: true, session });
    }
    await session.commitTransaction();
    return document;
  } catch (thrown) {
    if (session.inTransaction()) {
      await session.abortTransaction();
    }
    if (isMongoError(thrown, [MongoErrorCode.duplicateKey, MongoErrorCode.writeConflict])) {
      return null;
    }
    throw thrown;
  }
}

/**
 * Ends what a holder whose lease has run out left open: it may not commit any more, and until it is ended nobody can take
 * the lease. Of our own user's sessions the server ends any; where it does not, the transaction ends by its age.
 */
async function endTransactionOfExpired({ client, leases }: Taking): Promise<void> {
  const [lease] = await leases
    .aggregate<Pick<LeaseDocument, 'session'> & { readonly isFree: boolean }>([
      { $match: { _id: LEASE_ID } },
      { $project: { session: 1, isFree: IS_FREE } },
    ])
    .toArray();
  if (lease?.isFree !== true || lease.session === undefined) {
    return;
  }
  try {
    await client.db('admin').command({ killSessions: [{ id: lease.session }] });
  } catch (thrown) {
    if (!isMongoError(thrown, [MongoErrorCode.unauthorized, MongoErrorCode.commandNotFound])) {
      throw thrown;
    }
  }
}

function expiryIn(leaseMs: number) {
  return { $dateAdd: { startDate: '$$NOW', unit: 'millisecond', amount: leaseMs } };
}
