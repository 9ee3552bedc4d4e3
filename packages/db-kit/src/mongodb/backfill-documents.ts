import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, Document, Filter, WithId } from 'mongodb';
import { FinovaError } from '../errors/index.ts';

/** A change of many documents, a batch at a time. */
export interface DocumentBackfill {
  /** Which documents still have to change. One that was changed must not match any more. */
  readonly filter: Filter<Document>;
  /**
   * The document as it shall be, `_id` included; a pure function, because a crash makes it run twice. Numbers come as in a
   * repository: 64-bit integers as `bigint`; a double of a whole value is written back as an integer.
   */
  readonly change: (document: WithId<Document>) => Document;
  /** Fields that every writer changes: a document is left for later when one of them did. Default `revision`, `updatedAt`. */
  readonly guards?: readonly string[];
  /** Default 500. */
  readonly batchSize?: number;
  /** How fast it may go, so that the server has time for others. Default 5,000. */
  readonly documentsPerSecond?: number;
}

/** How far a backfill got: kept in the database after each batch. */
export interface BackfillPosition {
  /** Everything of this pass up to here was looked at. */
  readonly lastId: unknown;
  /** Documents changed so far; after a crash some may be missing from it. */
  readonly changed: number;
}

/** Where the position is kept. */
export interface BackfillCheckpoint {
  read(): Promise<BackfillPosition | undefined>;
  write(position: BackfillPosition): Promise<void>;
}

/** Documents were still to be changed after every pass over them. */
export class BackfillStuckError extends FinovaError {
  readonly collection: string;
  readonly remaining: number;

  constructor(collection: string, remaining: number) {
    super({
      message: `${remaining} documents of ${collection} match the filter of the backfill however often it passes over them: expected none to be left`,
      next: 'let its change() make documents that the filter does not match, or stop what keeps changing them',
    });
    this.collection = collection;
    this.remaining = remaining;
  }
}

const DEFAULT_BATCH_SIZE = 500;
const DEFAULT_DOCUMENTS_PER_SECOND = 5_000;
const DEFAULT_GUARDS = ['revision', 'updatedAt'];
/** Passes after which no fewer documents are left: others may have been faster once, not always. */
const MAX_IDLE_PASSES = 3;

/**
 * Changes documents in the order of their `_id`, a batch at a time, and keeps after each batch how far it got: a run
 * that was killed goes on there. What others change meanwhile is not overwritten but looked at again, until nothing
 * matches the filter.
 *
 * @returns how many documents it changed, those before a crash included.
 * @throws {BackfillStuckError}
 * @throws the reason of `signal`, between two batches.
 * @example
 * await backfillDocuments(collection, { filter: { schemaVersion: 1 }, change: toVersion2 }, checkpoint);
 */
export async function backfillDocuments(
  collection: Collection<Document>,
  backfill: DocumentBackfill,
  checkpoint: BackfillCheckpoint,
  signal?: AbortSignal,
): Promise<number> {
  const { batchSize = DEFAULT_BATCH_SIZE, documentsPerSecond = DEFAULT_DOCUMENTS_PER_SECOND } = backfill;
  let { lastId, changed } = (await checkpoint.read()) ?? { lastId: null, changed: 0 };
  let fewest = Number.POSITIVE_INFINITY;
  let idlePasses = 0;
  for (;;) {
    signal?.throwIfAborted();
    const startedAtMs = performance.now();
    const documents = await readBatch(collection, backfill.filter, lastId, batchSize);
    changed += await changeBatch(collection, backfill, documents);
    const last = documents.at(-1);
    if (last !== undefined) {
      lastId = last._id;
      await checkpoint.write({ lastId, changed });
      await pause((documents.length * 1_000) / documentsPerSecond - (performance.now() - startedAtMs), signal);
      continue;
    }
    // The end of a pass: what others changed or added behind it is still there.
    const remaining = await collection.countDocuments(backfill.filter);
    if (remaining === 0) {
      return changed;
    }
    idlePasses = remaining < fewest ? 0 : idlePasses + 1;
    if (idlePasses === MAX_IDLE_PASSES) {
      throw new BackfillStuckError(collection.collectionName, remaining);
    }
    fewest = Math.min(fewest, remaining);
    lastId = null;
    await checkpoint.write({ lastId, changed });
  }
}

/** `null` for the position comes before every other: `$gt` compares with values of its own type only. */
function readBatch(
  collection: Collection<Document>,
  filter: Filter<Document>,
  lastId: unknown,
  batchSize: number,
): Promise<WithId<Document>[]> {
  return collection
    .find(lastId === null ? filter : both({ _id: { $gt: lastId } }, filter))
    .sort({ _id: 1 })
    .limit(batchSize)
    .toArray();
}

/** @returns how many of them were changed; others are not as they were read any more. */
async function changeBatch(
  collection: Collection<Document>,
  { filter, change, guards = DEFAULT_GUARDS }: DocumentBackfill,
  documents: readonly WithId<Document>[],
): Promise<number> {
  if (documents.length === 0) {
    return 0;
  }
  const { matchedCount } = await collection.bulkWrite(
    documents.map((document) => {
      const unchanged = guards.filter((field) => field in document).map((field) => [field, { $eq: document[field] }]);
      const { _id, ...replacement } = change(document);
      // With the filter only where nothing else tells: SecantusDB would look for it by an index, at all that match it.
      // One that a faster run has changed meanwhile becomes what it is.
      const same = { _id: document._id, ...Object.fromEntries(unchanged) };
      return { replaceOne: { filter: unchanged.length > 0 ? same : both(same, filter), replacement } };
    }),
    { ordered: false },
  );
  return matchedCount;
}

/** Side by side where no field is in both: SecantusDB looks at every document for what stands in `$and`. */
function both(left: Document, right: Filter<Document>): Filter<Document> {
  return (
    Object.keys(right).some((name) => name in left) ? { ...left, $and: [right] } : { ...right, ...left }
  ) as Filter<Document>;
}

async function pause(forMs: number, signal: AbortSignal | undefined): Promise<void> {
  if (forMs > 0) {
    await sleep(forMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}
