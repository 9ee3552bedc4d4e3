import type { Collection, Db, Document } from 'mongodb';
import type { MigrationLease } from './migration-lease.ts';

type ProgressDocument = Document & { readonly _id: string };

/** What a step keeps in the domain's database until it is done, so that its next run goes on. */
export class StepProgress {
  readonly #collection: Collection<ProgressDocument>;
  readonly #lease: MigrationLease;
  /** `<migration>/<step>/up/backfill/<collection>` */
  readonly id: string;

  constructor(db: Db, lease: MigrationLease, id: string) {
    // Read back as it was stored: an `_id` that a backfill got to may be of any type.
    this.#collection = db.collection('migration_progress');
    this.#lease = lease;
    this.id = id;
  }

  async read(): Promise<Document | undefined> {
    const found = await this.#collection.findOne({ _id: this.id });
    return found ?? undefined;
  }

  /** @throws {LockLostError} when the lease is another's by now. */
  async write(progress: Document): Promise<void> {
    await this.#lease.withFencedTransaction(async (session) => {
      await this.#collection.replaceOne({ _id: this.id }, progress, { upsert: true, session });
    });
  }

  async clear(): Promise<void> {
    await this.#lease.withFencedTransaction(async (session) => {
      await this.#collection.deleteOne({ _id: this.id }, { session });
    });
  }
}
