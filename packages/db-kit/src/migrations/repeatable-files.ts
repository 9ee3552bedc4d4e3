import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidRepeatableFileError } from './errors/index.ts';
import type { MigrationDomain } from './migration.ts';

/** A function, procedure, trigger or view as a file, applied again whenever its text changes. */
export interface Repeatable {
  /** `post-transaction`: the file's name without `.sql`. Repeatables are applied in the order of their names. */
  readonly name: string;
  readonly text: string;
  /** SHA-256 (hex) of the text. */
  readonly checksum: string;
}

const FILE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*\.sql$/;

/**
 * Reads the repeatables of a domain, in the order in which they are applied; none where it has no folder for them.
 *
 * @throws {InvalidRepeatableFileError} for a misnamed or empty file, and in a MongoDB domain.
 */
export async function readRepeatables(domain: MigrationDomain): Promise<Repeatable[]> {
  const folder = domain.repeatablesFolder;
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const repeatables: Repeatable[] = [];
  for (const fileName of names.sort()) {
    if (domain.engine !== 'postgres') {
      throw new InvalidRepeatableFileError(
        domain.name,
        fileName,
        'is of no use: repeatables are SQL, and this domain is on MongoDB',
      );
    }
    if (!FILE_NAME.test(fileName)) {
      throw new InvalidRepeatableFileError(domain.name, fileName, 'is misnamed: expected <kebab-name>.sql');
    }
    const text = normalise(await readFile(join(folder ?? '', fileName), 'utf8'));
    if (text === '') {
      throw new InvalidRepeatableFileError(
        domain.name,
        fileName,
        'is empty: expected SQL that creates or replaces something',
      );
    }
    repeatables.push({ name: fileName.slice(0, -'.sql'.length), text, checksum: checksumOf(text) });
  }
  return repeatables;
}

/** The checksum that a repeatable's text is journaled with. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A checkout on Windows has other line ends, which is no change. */
function normalise(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
