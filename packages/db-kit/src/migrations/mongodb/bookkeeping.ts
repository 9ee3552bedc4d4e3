import type { ClientSession, Collection, Db } from 'mongodb';
import { isMongoError, MongoErrorCode } from '../../errors/index.ts';
import { chainAttempt } from '../history-chain.ts';
import type { HistoryAttempt, HistoryRow, JournalRow } from '../journal.ts';

/** Names of the migrator's own collections, beside the domain's. */
export const BOOKKEEPING_COLLECTIONS = [
  'migration_journal',
  'migration_history',
  'migration_lease',
  'migration_progress',
] as const;

type JournalDocument = Omit<JournalRow, 'name'> & { readonly _id: string };
type HistoryDocument = Omit<HistoryRow, 'sequence'> & { readonly _id: number };

/** The migrator's own collections of one MongoDB domain. */
export class MongoBookkeeping {
  readonly #db: Db;
  readonly #journal: Collection<JournalDocument>;
  readonly #history: Collection<HistoryDocument>;

  constructor(db: Db) {
    this.#db = db;
    // Counters and durations here are small: plain numbers, unlike money.
    const options = { useBigInt64: false } as const;
    this.#journal = db.collection('migration_journal', options);
    this.#history = db.collection('migration_history', options);
  }

  /** Creates what is missing, before any transaction writes to it. */
  async ensure(): Promise<void> {
    const existing = new Set(
      (await this.#db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
    );
    for (const name of BOOKKEEPING_COLLECTIONS.filter((candidate) => !existing.has(candidate))) {
      await this.#db.createCollection(name).catch((thrown: unknown) => {
        if (!isMongoError(thrown, [MongoErrorCode.namespaceExists])) {
          throw thrown;
        }
      });
    }
  }

  async readJournal(): Promise<JournalRow[]> {
    const documents = await this.#journal.find().sort({ _id: 1 }).toArray();
    return documents.map(({ _id, ...row }) => ({ name: _id, ...row }));
  }

  async writeJournal({ name, ...row }: JournalRow, session: ClientSession): Promise<void> {
    await this.#journal.replaceOne({ _id: name }, row, { upsert: true, session });
  }

  async deleteFromJournal(name: string, session: ClientSession): Promise<void> {
    await this.#journal.deleteOne({ _id: name }, { session });
  }

  async readHistory(): Promise<HistoryRow[]> {
    const documents = await this.#history.find().sort({ _id: 1 }).toArray();
    return documents.map(({ _id, ...row }) => ({ sequence: _id, ...row, note: row.note ?? null }));
  }

  /** Appends to the history; `_id` is the sequence, so two appends of one number cannot both succeed. */
  async recordAttempt(attempt: HistoryAttempt, session: ClientSession): Promise<void> {
    const [newest] = await this.#history.find({}, { session }).sort({ _id: -1 }).limit(1).toArray();
    const { sequence, ...row } = chainAttempt(newest && { sequence: newest._id, hash: newest.hash }, attempt);
    await this.#history.insertOne({ _id: sequence, ...row }, { session });
  }
}
