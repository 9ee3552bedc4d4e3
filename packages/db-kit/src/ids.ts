import { v7 } from 'uuid';

/**
 * A new UUID of version 7 (RFC 9562): its first 48 bits are the time in milliseconds, so that rows made together lie
 * together in an index.
 */
export function newId(): string {
  return v7();
}
