import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FieldEncryption } from '../encryption/field-encryption.ts';
import { createLocalKeyFile, openLocalKeyFile } from '../encryption/local-key-file.ts';

/** Field encryption under fresh keys, as a service has it. */
export async function createTestEncryption(): Promise<FieldEncryption> {
  const folder = await mkdtemp(join(tmpdir(), 'finova-keys-'));
  try {
    const path = join(folder, 'keys.json');
    await createLocalKeyFile(path);
    return new FieldEncryption(await openLocalKeyFile(path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
