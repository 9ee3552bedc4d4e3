import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { testMongoUrl } from '../testing/index.ts';
import { withMongoClient } from './connect.ts';
import { type ProbedServer, probeMongoServer } from './probe-server.ts';

const DOCUMENT = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'MONGODB.md');
const connection = () => ({ url: testMongoUrl(), applicationName: 'finova tests' });

describe('probeMongoServer', () => {
  let probed: ProbedServer;

  beforeAll(async () => {
    probed = await probeMongoServer(connection());
  });

  it('finds what the migrator cannot do without', () => {
    const feature = (name: string) => probed.features.find((candidate) => candidate.name === name);
    expect(feature('transaction over two collections')).toMatchObject({ isThere: true, found: undefined });
    expect(feature('$jsonSchema in a query')).toMatchObject({ isThere: true });
  });

  it('says of everything that is not there what the server did instead', () => {
    for (const { isThere, found } of probed.features) {
      expect(isThere ? found : typeof found).toBe(isThere ? undefined : 'string');
    }
  });

  it('leaves no database behind', async () => {
    const { databases } = await withMongoClient(connection(), (client) => client.db().admin().listDatabases());
    expect(databases.filter(({ name }) => name.startsWith('finova_probe_'))).toEqual([]);
  });

  it('finds what docs/MONGODB.md says of the stand-in, nothing more and nothing less', async ({ skip }) => {
    if (!probed.product.startsWith('SecantusDB')) {
      skip(`${probed.product} is not the stand-in`);
    }
    const text = await readFile(DOCUMENT, 'utf8');
    expect(text).toContain(probed.product);
    const rows = [...text.matchAll(/^\| (.+?) +\| (yes|no) +\|$/gm)].map(([, name, is]) => [
      name?.replaceAll('`', ''),
      is,
    ]);
    expect(rows).toEqual(probed.features.map(({ name, isThere }) => [name, isThere ? 'yes' : 'no']));
  });
});
