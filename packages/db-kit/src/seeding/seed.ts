import type { FieldEncryption } from '../encryption/field-encryption.ts';
import { FinovaError } from '../errors/index.ts';

/** What a domain's seed needs. */
export interface SeedContext {
  /** Connection URL of the domain's database. */
  readonly url: string;
  /** PostgreSQL: the schema. MongoDB: the database. */
  readonly namespace: string;
  /** Keys for what is stored encrypted; a domain without such fields never asks, and needs no key. */
  readonly encryption: () => Promise<FieldEncryption>;
}

/** How many rows or documents of one table or collection the seed added, and how many are there now. */
export interface SeedCount {
  readonly name: string;
  readonly added: number;
  readonly total: number;
}

/** A few rows to look at; ciphertext is shown as `(encrypted)`. */
export interface SampleTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * A domain's development data: realistic, the same every time, safe to run again.
 *
 * Every domain package exports one as `seed` from its `./seed` entry.
 */
export interface DomainSeed {
  /**
   * Adds what is missing of the seed.
   *
   * @throws {SeedRefusedError} when the domain holds rows that are not from the seed.
   */
  run(context: SeedContext): Promise<readonly SeedCount[]>;
  /** Reads a few rows of the domain's main tables or collections. */
  sample(context: SeedContext): Promise<readonly SampleTable[]>;
}

/** The database holds somebody's data, so development data is kept out of it. */
export class SeedRefusedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, place: string) {
    super({
      message: `${domain} was not seeded: ${place} holds rows that are not from the seed`,
      next: 'seed an empty database; a database in use gets no development data',
    });
    this.domain = domain;
  }
}
