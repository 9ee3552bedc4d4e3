import type { EngineOptions } from '@finova/db-kit/migrations';
import { engineOptions } from '../../tools/orchestrator/src/run/run-context.ts';
import { makeScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import type { Attack } from '../harness/attack.ts';
import { startRunners } from '../harness/runner-pool.ts';
import { tracedMongo, tracedPostgres } from '../harness/traces.ts';

const NAMES = ['20260101T000000-one', '20260102T000000-two', '20260103T000000-three'];

/** Many processes start `up` at the same moment: each body must run exactly once. */
export const manyRunners: Attack = {
  name: 'many-runners',
  async run({ servers, count, onRound }) {
    const processes = count({ full: 32, short: 32, tiny: 4 });
    const rounds = count({ full: 50, short: 1, tiny: 1 });
    const runners = await startRunners(processes);
    const failures: string[] = [];
    try {
      for (let round = 1; round <= rounds; round += 1) {
        const scratch = await makeScratchRun(
          {
            'cards-db': { engine: 'postgres', migrations: files((name) => tracedPostgres(name)) },
            'mails-db': { engine: 'mongodb', migrations: files((name) => tracedMongo(name, ['first', 'second'])) },
          },
          servers,
        );
        try {
          const context = await scratch.context({ lockTimeoutMs: 120_000 });
          for (const domain of context.domains) {
            const options: EngineOptions = { ...engineOptions(context, domain), cacheFolder: undefined };
            const answers = await Promise.all(runners.map((runner) => runner.up(options)));
            failures.push(...answers.flatMap(({ error }) => (error === undefined ? [] : [`round ${round}: ${error}`])));
            const applied = answers.flatMap((answer) => answer.applied ?? []).sort();
            if (applied.join() !== NAMES.join()) {
              failures.push(`round ${round}, ${domain.name}: runners report ${applied.join()}`);
            }
          }
          const { rows } = await scratch.withClient((client) =>
            client.query('SELECT mark FROM public.trace ORDER BY 1'),
          );
          const marks = rows.map(({ mark }) => mark as string);
          if (marks.join() !== [...NAMES].sort().join()) {
            failures.push(`round ${round}: bodies on PostgreSQL ran as ${marks.join()}`);
          }
          const traces = await scratch.withDb('mails-db', (db) => db.collection('trace').find().toArray());
          if (traces.length !== 6 || traces.some((trace) => Number(trace['times']) !== 1)) {
            failures.push(
              `round ${round}: steps on MongoDB ran as ${JSON.stringify(traces.map(({ _id, times }) => [_id, Number(times)]))}`,
            );
          }
        } finally {
          await scratch.remove();
        }
        onRound?.(round, rounds);
      }
    } finally {
      await Promise.all(runners.map((runner) => runner.stop()));
    }
    return { done: `${rounds} rounds of ${processes} processes at once, on both engines`, failures };
  },
};

function files(source: (name: string) => string): Record<string, string> {
  return Object.fromEntries(NAMES.map((name) => [`${name}.ts`, source(name)]));
}
