import { createHash } from 'node:crypto';

/** 2026-01-01T00:00:00Z in milliseconds. */
const SEED_EPOCH_MS = 1_767_225_600_000;

/**
 * A UUID of version 7 that is the same for the same label every time: seeds on both engines refer to each other's
 * rows by it. Its time is the start of 2026 plus `afterMs`.
 *
 * @example
 * deterministicId('customer 1')
 */
export function deterministicId(label: string, afterMs = 0): string {
  const bytes = createHash('sha256').update(label).digest().subarray(0, 16);
  bytes.writeUIntBE(SEED_EPOCH_MS + afterMs, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
