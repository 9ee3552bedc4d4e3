import { describe, expect, it } from 'vitest';
import { tracedSource } from '../../../test/migration-sources.ts';
import { hasPgBouncer, startPgBouncer } from '../../../test/pgbouncer.ts';
import { postgresDomain } from '../../../test/scratch-domain.ts';
import { PoolerRefusedError } from '../errors/index.ts';
import { withMigrator } from '../with-migrator.ts';

const NAME = '20260301T090000-first';

describe.skipIf(!hasPgBouncer)(`a connection through PgBouncer (Debian's package pgbouncer)`, () => {
  it.each(['transaction', 'session'] as const)(
    'is refused before anything is changed: %s pooling',
    async (poolMode) => {
      const domain = await postgresDomain({ [`${NAME}.ts`]: tracedSource('first') });
      const url = await startPgBouncer(domain.url, poolMode);
      const refused = await withMigrator({ ...domain.options(), url }, (migrator) => migrator.up()).catch(
        (thrown: unknown) => thrown,
      );
      expect(refused).toBeInstanceOf(PoolerRefusedError);
      expect(String(refused)).toMatch(/give the URL of the server itself/);
      expect(await domain.query(`SELECT to_regnamespace('ledger_migrations') AS schema`)).toEqual([{ schema: null }]);
    },
  );

  it('is refused in words that help when PgBouncer itself does not take it', async () => {
    const domain = await postgresDomain({ [`${NAME}.ts`]: tracedSource('first') });
    const url = await startPgBouncer(domain.url, 'transaction', { ignoresParameters: false });
    const refused = withMigrator({ ...domain.options(), url }, (migrator) => migrator.up());
    await expect(refused).rejects.toThrow(PoolerRefusedError);
  });

  it('leaves the same database to be migrated directly', async () => {
    const domain = await postgresDomain({ [`${NAME}.ts`]: tracedSource('first') });
    await startPgBouncer(domain.url, 'transaction');
    expect(await domain.up()).toEqual([NAME]);
  });
});
