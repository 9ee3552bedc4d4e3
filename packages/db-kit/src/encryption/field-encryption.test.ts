import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecryptionError, UnknownKeyError } from './encryption-errors.ts';
import { FieldEncryption, type RecordIdentity } from './field-encryption.ts';
import { createLocalKeyFile, openLocalKeyFile } from './local-key-file.ts';

const folder = join(tmpdir(), `finova-keys-${randomBytes(8).toString('hex')}`);
const customer: RecordIdentity = { domain: 'accounts', table: 'customers', id: '0190-1' };

let encryption: FieldEncryption;
const openEncryption = async (name: string) => {
  await createLocalKeyFile(join(folder, name));
  return new FieldEncryption(await openLocalKeyFile(join(folder, name)));
};

beforeAll(async () => {
  encryption = await openEncryption('keys.json');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an encrypted field', () => {
  it('comes back as it was, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (plaintext) => {
        const written = await encryption.forNewRecord(customer);
        const read = await encryption.forRecord(customer, written.wrappedKey);
        expect(read.decrypt('email', written.encrypt('email', plaintext))).toBe(plaintext);
      }),
    );
  });

  it('starts with the header that tables check: F N 01, and its key with F K 01', async () => {
    const cipher = await encryption.forNewRecord(customer);
    expect(cipher.encrypt('email', 'ada@example.org').subarray(0, 3).toString('hex')).toBe('464e01');
    expect(cipher.wrappedKey.subarray(0, 3).toString('hex')).toBe('464b01');
  });

  it('is as long as its text, its header (3), nonce (12) and tag (16)', async () => {
    const cipher = await encryption.forNewRecord(customer);
    expect(cipher.encrypt('email', 'zwölf').length).toBe(Buffer.byteLength('zwölf') + 31);
  });

  it('is another one each time, and shows nothing of its text', async () => {
    const cipher = await encryption.forNewRecord(customer);
    const [one, two] = [cipher.encrypt('email', 'ada@example.org'), cipher.encrypt('email', 'ada@example.org')];
    expect(one.equals(two)).toBe(false);
    expect(one.includes('ada')).toBe(false);
  });

  it.each<[string, Partial<RecordIdentity>, string]>([
    ['row', { id: '0190-2' }, 'email'],
    ['table', { table: 'accounts' }, 'email'],
    ['domain', { domain: 'transactions' }, 'email'],
    ['column', {}, 'phone'],
  ])('does not decrypt in another %s, even with its data key', async (_, elsewhere, column) => {
    const dataKeys = new Map<string, Buffer>();
    // Wraps nothing, so that the data key opens everywhere and only the field's own place can refuse.
    const open = new FieldEncryption({
      wrapDataKey: async (dataKey) => {
        dataKeys.set('one', dataKey);
        return dataKey;
      },
      unwrapDataKey: async (wrapped) => wrapped,
      blindIndexKey: async () => randomBytes(32),
    });
    const written = await open.forNewRecord(customer);
    const ciphertext = written.encrypt('email', 'ada@example.org');
    const moved = await open.forRecord({ ...customer, ...elsewhere }, written.wrappedKey);
    expect(() => moved.decrypt(column, ciphertext)).toThrow(DecryptionError);
    expect((await open.forRecord(customer, written.wrappedKey)).decrypt('email', ciphertext)).toBe('ada@example.org');
  });

  it('has a data key that does not open for another row', async () => {
    const { wrappedKey } = await encryption.forNewRecord(customer);
    await expect(encryption.forRecord({ ...customer, id: '0190-2' }, wrappedKey)).rejects.toThrow(DecryptionError);
  });

  it('does not mistake one place for another that reads alike', async () => {
    const { wrappedKey } = await encryption.forNewRecord({ domain: 'a', table: 'bc', id: 'd' });
    await expect(encryption.forRecord({ domain: 'ab', table: 'c', id: 'd' }, wrappedKey)).rejects.toThrow(
      DecryptionError,
    );
  });

  it('does not decrypt when a single bit of it is flipped', async () => {
    const cipher = await encryption.forNewRecord(customer);
    const ciphertext = cipher.encrypt('email', 'ada@example.org');
    for (let bit = 0; bit < ciphertext.length * 8; bit++) {
      expect(() => cipher.decrypt('email', withFlippedBit(ciphertext, bit)), `bit ${bit}`).toThrow(DecryptionError);
    }
  });

  it('has a data key that does not open when a single bit of it is flipped', async () => {
    const { wrappedKey } = await encryption.forNewRecord(customer);
    for (let bit = 0; bit < wrappedKey.length * 8; bit++) {
      const thrown = await encryption.forRecord(customer, withFlippedBit(wrappedKey, bit)).catch((caught) => caught);
      expect(thrown instanceof DecryptionError || thrown instanceof UnknownKeyError, `bit ${bit}`).toBe(true);
    }
  });

  it('does not decrypt when it is cut short or empty', async () => {
    const cipher = await encryption.forNewRecord(customer);
    const ciphertext = cipher.encrypt('email', 'ada@example.org');
    for (let length = 0; length < ciphertext.length; length++) {
      expect(() => cipher.decrypt('email', ciphertext.subarray(0, length)), `${length} bytes`).toThrow(DecryptionError);
      const cutKey = cipher.wrappedKey.subarray(0, length);
      await expect(encryption.forRecord(customer, cutKey)).rejects.toThrow(/does not authenticate|does not hold/);
    }
  });

  it('says of which row and column it is when it does not decrypt, and nothing of its content', async () => {
    const cipher = await encryption.forNewRecord(customer);
    const damaged = withFlippedBit(cipher.encrypt('email', 'ada@example.org'), 200);
    expect(() => cipher.decrypt('email', damaged)).toThrow(/accounts\.customers\.email of 0190-1/);
    expect(() => cipher.decrypt('email', damaged)).not.toThrow(/ada/);
  });

  it('of another key file names the key that is missing', async () => {
    const { wrappedKey } = await encryption.forNewRecord(customer);
    const renamed = Buffer.from(wrappedKey.toString('latin1').replace('key-', 'old-'), 'latin1');
    const thrown = await encryption.forRecord(customer, renamed).catch((caught) => caught);
    expect(thrown).toBeInstanceOf(UnknownKeyError);
    expect(thrown.keyId).toMatch(/^old-/);
  });

  it('of another key file with a key of the same name does not decrypt', async () => {
    const other = await openEncryption('other.json');
    const { wrappedKey } = await encryption.forNewRecord(customer);
    await expect(other.forRecord(customer, wrappedKey)).rejects.toThrow(DecryptionError);
  });
});

describe('a blind index', () => {
  const email = { domain: 'accounts', table: 'customers', column: 'email' };

  it('is equal for equal text of one column: 32 bytes', async () => {
    const index = await encryption.blindIndex(email, 'ada@example.org');
    expect(index).toHaveLength(32);
    expect(await encryption.blindIndex(email, 'ada@example.org')).toEqual(index);
  });

  it.each([
    ['other text', email, 'ada@example.com'],
    ['text that was not normalised', email, 'Ada@example.org'],
    ['another column', { ...email, column: 'phone' }, 'ada@example.org'],
    ['another table', { ...email, table: 'contacts' }, 'ada@example.org'],
    ['another domain', { ...email, domain: 'transactions' }, 'ada@example.org'],
    ['text that moves the border to its column', { ...email, column: 'emaila' }, 'da@example.org'],
  ])('differs for %s', async (_, column, text) => {
    expect(await encryption.blindIndex(column, text)).not.toEqual(
      await encryption.blindIndex(email, 'ada@example.org'),
    );
  });

  it('differs under another key', async () => {
    const other = await openEncryption('another.json');
    const index = await encryption.blindIndex(email, 'ada@example.org');
    expect(await other.blindIndex(email, 'ada@example.org')).not.toEqual(index);
  });
});

function withFlippedBit(bytes: Buffer, bit: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return flipped;
}
