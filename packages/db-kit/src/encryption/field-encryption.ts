import { createHmac, randomBytes } from 'node:crypto';
import { KEY_BYTES, open, seal } from './authenticated-cipher.ts';
import { DecryptionError } from './encryption-errors.ts';
import type { KeyProvider } from './key-provider.ts';

/** `F N 01`: a field encrypted in version 1 of this format. The tables' CHECK constraints look for it. */
const FIELD_HEADER = Buffer.from([0x46, 0x4e, 0x01]);

/** Which row an encrypted value belongs to; part of what is authenticated, so a value cannot be moved elsewhere. */
export interface RecordIdentity {
  readonly domain: string;
  readonly table: string;
  readonly id: string;
}

/** Encrypts and decrypts the fields of one record under its own data key. */
export interface RecordCipher {
  /** The data key, encrypted under a key of the provider: stored in the record's `data_key` column. */
  readonly wrappedKey: Buffer;
  /** @returns `F N 01`, nonce (12 bytes), ciphertext, tag (16 bytes). */
  encrypt(column: string, plaintext: string): Buffer;
  /** @throws {DecryptionError} when the value was changed, moved or written under another key. */
  decrypt(column: string, ciphertext: Uint8Array): string;
}

/**
 * Envelope encryption of single fields: AES-256-GCM under a random data key per record, the data key wrapped by a
 * {@link KeyProvider}, and domain, table, column and primary key as associated data.
 *
 * @example
 * const cipher = await encryption.forNewRecord({ domain: 'accounts', table: 'customers', id });
 * const row = { id, data_key: cipher.wrappedKey, full_name: cipher.encrypt('full_name', 'Ada Lovelace') };
 */
export class FieldEncryption {
  readonly #provider: KeyProvider;

  constructor(provider: KeyProvider) {
    this.#provider = provider;
  }

  async forNewRecord(record: RecordIdentity): Promise<RecordCipher> {
    const dataKey = randomBytes(KEY_BYTES);
    const wrappedKey = await this.#provider.wrapDataKey(dataKey, associatedData(record, 'data_key'));
    return recordCipher(record, dataKey, wrappedKey);
  }

  /** @throws {UnknownKeyError | DecryptionError} when the data key cannot be unwrapped here. */
  async forRecord(record: RecordIdentity, wrappedKey: Uint8Array): Promise<RecordCipher> {
    const wrapped = Buffer.from(wrappedKey);
    const dataKey = await this.#provider.unwrapDataKey(wrapped, associatedData(record, 'data_key'));
    return recordCipher(record, dataKey, wrapped);
  }

  /**
   * A value that is equal for equal plaintexts of one column and tells nothing else: HMAC-SHA-256 (RFC 2104), 32
   * bytes. Normalise the plaintext first (an e-mail address in lower case), since the index cannot.
   */
  async blindIndex(
    column: Omit<RecordIdentity, 'id'> & { readonly column: string },
    plaintext: string,
  ): Promise<Buffer> {
    const hmac = createHmac('sha256', await this.#provider.blindIndexKey());
    return hmac.update(lengthPrefixed([column.domain, column.table, column.column, plaintext])).digest();
  }
}

function recordCipher(record: RecordIdentity, dataKey: Buffer, wrappedKey: Buffer): RecordCipher {
  return {
    wrappedKey,
    encrypt(column, plaintext) {
      return Buffer.concat([FIELD_HEADER, seal(dataKey, Buffer.from(plaintext), associatedData(record, column))]);
    },
    decrypt(column, ciphertext) {
      const place = `${record.domain}.${record.table}.${column} of ${record.id}`;
      const envelope = Buffer.from(ciphertext);
      if (!envelope.subarray(0, FIELD_HEADER.length).equals(FIELD_HEADER)) {
        throw new DecryptionError(place);
      }
      try {
        return open(dataKey, envelope.subarray(FIELD_HEADER.length), associatedData(record, column)).toString();
      } catch (cause) {
        throw new DecryptionError(place, cause);
      }
    },
  };
}

function associatedData({ domain, table, id }: RecordIdentity, column: string): Buffer {
  return lengthPrefixed([domain, table, column, id]);
}

/** Unlike a separator, a length in front of each part leaves no two lists with the same bytes. */
function lengthPrefixed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
