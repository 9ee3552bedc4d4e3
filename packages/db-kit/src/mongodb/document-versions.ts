import type { Document } from 'mongodb';
import { FinovaError } from '../errors/index.ts';

/** A document of a version that this code does not know: newer code wrote it. */
export class UnknownSchemaVersionError extends FinovaError {
  readonly found: unknown;
  readonly newest: number;

  constructor(found: unknown, newest: number) {
    super({
      message: `A document has schemaVersion ${String(found)}: expected 1 to ${newest}`,
      next: 'deploy the version of the service that knows it',
    });
    this.found = found;
    this.newest = newest;
  }
}

type Unversioned<Version> = Omit<Version, 'schemaVersion'>;
type Step = (document: Document) => Document;

/**
 * Every shape that documents of a collection ever had, and how each becomes the next. Readers bring what they find to the
 * newest; a backfill does so with all of them.
 *
 * @example
 * const versions = DocumentVersions.first<LetterVersion1>().next<Letter>(({ to, ...letter }) => ({ ...letter, recipients: [to] }));
 * versions.toNewest({ _id: '1', to: 'Anna', schemaVersion: 1 }); // { _id: '1', recipients: ['Anna'], schemaVersion: 2 }
 */
export class DocumentVersions<Newest extends object, Older extends object = never> {
  /** From version n, at n - 1, to n + 1. */
  readonly #steps: readonly Step[];

  private constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  /** The shape that documents of version 1 have. */
  static first<First extends object>(): DocumentVersions<First> {
    return new DocumentVersions([]);
  }

  /** Adds a version: how a document of the newest so far becomes one of it; `schemaVersion` is seen to. Pure. */
  next<Next extends object>(
    upgrade: (document: Unversioned<Newest>) => Unversioned<Next>,
  ): DocumentVersions<Next, Newest | Older> {
    return new DocumentVersions([...this.#steps, upgrade as unknown as Step]);
  }

  /** The version of documents as this code writes them. */
  get newest(): number {
    return this.#steps.length + 1;
  }

  /**
   * A stored document in the newest shape; one that has it comes back as it is.
   *
   * @throws {UnknownSchemaVersionError}
   */
  toNewest(document: Newest | Older): Newest {
    const { schemaVersion, ...fields } = document as Document;
    const from = Number(schemaVersion);
    if (!Number.isSafeInteger(from) || from < 1 || from > this.newest) {
      throw new UnknownSchemaVersionError(schemaVersion, this.newest);
    }
    if (from === this.newest) {
      return document as Newest;
    }
    const upgraded = this.#steps.slice(from - 1).reduce((current, upgrade) => upgrade(current), fields);
    return { ...upgraded, schemaVersion: this.newest } as unknown as Newest;
  }
}
