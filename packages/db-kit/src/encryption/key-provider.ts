/**
 * Keeps the keys that wrap data keys. A local file is the first one; a key management service is the same interface.
 */
export interface KeyProvider {
  /** Encrypts a data key under the active key. The result names that key, so that keys can be rotated. */
  wrapDataKey(dataKey: Buffer, associatedData: Buffer): Promise<Buffer>;
  /**
   * @throws {UnknownKeyError} when the wrapping key is not known here.
   * @throws {DecryptionError} when the wrapped key is damaged or belongs to another record.
   */
  unwrapDataKey(wrapped: Buffer, associatedData: Buffer): Promise<Buffer>;
  /** The key of blind indexes. It never changes: an index under another key finds nothing. */
  blindIndexKey(): Promise<Buffer>;
}
