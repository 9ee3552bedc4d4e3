import { withMigrator } from '@finova/db-kit/migrations';
import { engineOptions } from '../../tools/orchestrator/src/run/run-context.ts';
import { makeScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import type { Attack } from '../harness/attack.ts';

const TABLE = '20260101T000000-table';
const INDEX = '20260102T000000-index';

/** Ten runners wait for the lock while one builds an index concurrently, which waits for every older snapshot. */
export const concurrently: Attack = {
  name: 'concurrently',
  async run({ servers, count }) {
    const rounds = count({ full: 20, short: 3, tiny: 1 });
    const rows = count({ full: 300_000, short: 200_000, tiny: 50_000 });
    const failures: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const scratch = await makeScratchRun(
        {
          'cards-db': {
            engine: 'postgres',
            migrations: {
              [`${TABLE}.ts`]: migration(
                `CREATE TABLE public.big AS SELECT n, md5(n::text) AS text FROM generate_series(1, ${rows}) AS n`,
              ),
              [`${INDEX}.ts`]: migration(
                'CREATE INDEX CONCURRENTLY big_text ON public.big (text)',
                'transaction: false,',
              ),
            },
          },
        },
        servers,
      );
      try {
        const context = await scratch.context({ lockTimeoutMs: 60_000 });
        const [domain] = context.domains;
        if (domain === undefined) {
          throw new Error('The scratch workspace has no domain');
        }
        const options = engineOptions(context, domain);
        const runs = Array.from({ length: 11 }, () => withMigrator(options, (migrator) => migrator.up()));
        const ended = await Promise.allSettled(runs);
        failures.push(...ended.flatMap((run) => (run.status === 'rejected' ? [`round ${round}: ${run.reason}`] : [])));
        const applied = ended.flatMap((run) => (run.status === 'fulfilled' ? run.value : []));
        if (applied.length !== 2) {
          failures.push(`round ${round}: ${applied.length} migrations were applied instead of 2`);
        }
        const { rows: found } = await scratch.withClient((client) =>
          client.query(`SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('public.big_text')`),
        );
        if (found[0]?.indisvalid !== true) {
          failures.push(`round ${round}: the index is not valid`);
        }
      } finally {
        await scratch.remove();
      }
    }
    return { done: `${rounds} builds of an index over ${rows} rows, ten waiters each`, failures };
  },
};

function migration(statement: string, more = ''): string {
  return `import { sql } from 'kysely';
export const migration = { ${more} async up(db) { await sql\`${statement}\`.execute(db); }, async down() {} };\n`;
}
