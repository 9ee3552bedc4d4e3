import { join } from 'node:path';
import { FinovaError } from '@finova/db-kit';
import { describeMongo, withMongoClient } from '@finova/db-kit/mongodb';
import { selectServers } from '@finova/local-databases';

/** The MongoDB-protocol server that all sides of a benchmark are measured on. */
export interface BenchMongo {
  readonly url: string;
  /** Its product, version and address. */
  readonly label: string;
  /** Whether it is MongoDB itself. */
  readonly isMongoDb: boolean;
}

/** No MongoDB-protocol server could be found or started for a benchmark. */
export class BenchMongoMissingError extends FinovaError {
  constructor() {
    super({ message: 'There is no MongoDB-protocol server to measure on', next: 'set FINOVA_MONGODB_URL' });
  }
}

/**
 * Gives `use` the server of `FINOVA_MONGODB_URL`, or an embedded one that is gone with its data afterwards. Containers
 * are passed over: their network would be measured too.
 *
 * @throws as `selectServers` of local-databases.
 */
export async function withBenchMongo<T>(use: (server: BenchMongo) => Promise<T>): Promise<T> {
  const hasUrl = (process.env['FINOVA_MONGODB_URL'] ?? '').trim() !== '';
  const { mongodb } = await selectServers({
    workspaceRoot: join(import.meta.dirname, '..', '..'),
    purpose: 'test',
    engines: ['mongodb'],
    environment: { ...process.env, FINOVA_DATABASES: hasUrl ? 'url' : 'embedded' },
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  if (mongodb === undefined) {
    throw new BenchMongoMissingError();
  }
  try {
    const { product } = await withMongoClient({ url: mongodb.url, applicationName: 'finova bench' }, describeMongo);
    return await use({ url: mongodb.url, label: mongodb.label, isMongoDb: product.startsWith('MongoDB ') });
  } finally {
    await mongodb.stop();
  }
}
