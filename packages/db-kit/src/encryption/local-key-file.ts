import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open as openFile, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { KEY_BYTES, open, seal } from './authenticated-cipher.ts';
import {
  DecryptionError,
  KeyFileInvalidError,
  KeyFileMissingError,
  KeyFileUnsafeError,
  UnknownKeyError,
} from './encryption-errors.ts';
import type { KeyProvider } from './key-provider.ts';

/** `F K 01`: a data key wrapped in version 1 of this format. */
const WRAPPED_KEY_HEADER = Buffer.from([0x46, 0x4b, 0x01]);

const KEY_ID = /^[a-z0-9-]{1,32}$/;

const key = z
  .base64()
  .refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, `expected ${KEY_BYTES} bytes`);
const keyFile = z
  .strictObject({
    version: z.literal(1),
    activeKey: z.string(),
    keys: z.record(z.string().regex(KEY_ID), key),
    blindIndexKey: key,
  })
  .refine((file) => Object.hasOwn(file.keys, file.activeKey), 'activeKey names a key that is not in keys');

/**
 * Writes a new key file of mode 0600. Never overwrites: the keys of an existing one may be all that can read its data.
 *
 * @returns `false` when there is one already.
 */
export async function createLocalKeyFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const id = `key-${new Date().toISOString().slice(0, 10)}`;
  const content: z.infer<typeof keyFile> = {
    version: 1,
    activeKey: id,
    keys: { [id]: randomBytes(KEY_BYTES).toString('base64') },
    blindIndexKey: randomBytes(KEY_BYTES).toString('base64'),
  };
  // Written whole under another name first: whoever finds the file, even after a crash, finds all of it.
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await writeDurably(unfinished, `${JSON.stringify(content, null, 2)}\n`);
    await link(unfinished, path);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw thrown;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await openFile(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Opens a key file as a {@link KeyProvider}.
 *
 * @throws {KeyFileMissingError | KeyFileUnsafeError | KeyFileInvalidError}
 */
export async function openLocalKeyFile(path: string): Promise<KeyProvider> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new KeyFileMissingError(path, cause);
  });
  const mode = found.mode & 0o777;
  // Windows has no such bits and shows 0666 for every file.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new KeyFileUnsafeError(path, mode);
  }
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    throw new KeyFileInvalidError(path, `it cannot be read (${thrown.code})`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new KeyFileInvalidError(path, 'it is not JSON');
  }
  const parsed = keyFile.safeParse(json);
  if (!parsed.success) {
    // Paths and problems only: zod's own message would repeat the values.
    throw new KeyFileInvalidError(
      path,
      parsed.error.issues.map((issue) => issue.path.join('.') || 'the whole').join(', '),
    );
  }
  return localKeyProvider(parsed.data);
}

function localKeyProvider(file: z.infer<typeof keyFile>): KeyProvider {
  const keys = new Map(Object.entries(file.keys).map(([id, text]) => [id, Buffer.from(text, 'base64')]));
  const keyOf = (id: string): Buffer => {
    const found = keys.get(id);
    if (found === undefined) {
      throw new UnknownKeyError(id);
    }
    return found;
  };
  return {
    async wrapDataKey(dataKey, associatedData) {
      const id = Buffer.from(file.activeKey);
      const sealed = seal(keyOf(file.activeKey), dataKey, associatedData);
      return Buffer.concat([WRAPPED_KEY_HEADER, Buffer.from([id.length]), id, sealed]);
    },
    async unwrapDataKey(wrapped, associatedData) {
      const headerBytes = WRAPPED_KEY_HEADER.length;
      if (!wrapped.subarray(0, headerBytes).equals(WRAPPED_KEY_HEADER)) {
        throw new DecryptionError('a data key');
      }
      const idEnd = headerBytes + 1 + (wrapped[headerBytes] ?? 0);
      const id = wrapped.subarray(headerBytes + 1, idEnd).toString();
      if (!KEY_ID.test(id)) {
        // A damaged id is not worth showing: it may hold anything, terminal commands included.
        throw new DecryptionError('a data key');
      }
      const wrappingKey = keyOf(id);
      try {
        return open(wrappingKey, wrapped.subarray(idEnd), associatedData);
      } catch (cause) {
        throw new DecryptionError('a data key', cause);
      }
    },
    async blindIndexKey() {
      return Buffer.from(file.blindIndexKey, 'base64');
    },
  };
}
