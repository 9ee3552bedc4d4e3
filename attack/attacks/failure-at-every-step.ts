import { up } from '@finova/orchestrator';
import { makeScratchRun, type ScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import type { Attack } from '../harness/attack.ts';
import { FAIL_VARIABLE, tracedMongo, tracedPostgres } from '../harness/traces.ts';

const STEPS = ['first', 'second'];
const name = (day: number) => `202601${String(day).padStart(2, '0')}T000000-m${day}`;

/** A plan of 20 migrations over three domains and both engines, which require each other. */
const PLAN: Readonly<Record<string, { readonly engine: 'postgres' | 'mongodb'; readonly days: readonly number[] }>> = {
  'cards-db': { engine: 'postgres', days: [1, 4, 7, 10, 13, 16, 19] },
  'loans-db': { engine: 'postgres', days: [2, 5, 8, 11, 14, 17, 20] },
  'mails-db': { engine: 'mongodb', days: [3, 6, 9, 12, 15, 18] },
};

/** Each requires the one before it, wherever that is: the plan goes back and forth between all three. */
const ids = Object.entries(PLAN)
  .flatMap(([domain, { days }]) => days.map((day) => ({ domain, day })))
  .sort((left, right) => left.day - right.day);
const requires = (day: number): string => {
  const before = ids.find((candidate) => candidate.day === day - 1);
  return before === undefined ? '' : `requires: ['${before.domain}/${name(before.day)}'],`;
};

/** Something fails at every place of the plan in turn: the report must be exact, and the next run must complete it. */
export const failureAtEveryStep: Attack = {
  name: 'failure-at-every-step',
  async run({ random, servers, count }) {
    const places = ids.flatMap(({ domain, day }) =>
      PLAN[domain]?.engine === 'mongodb'
        ? STEPS.map((step) => ({ day, mark: `m${day}/${step}` }))
        : [{ day, mark: `m${day}` }],
    );
    const chosen = random.shuffle(places).slice(0, count({ full: places.length, short: places.length, tiny: 3 }));
    const failures: string[] = [];
    for (const { day, mark } of chosen) {
      const run = await makeScratchRun(workspace(), servers);
      try {
        failures.push(...(await failAt(run, day, mark)).map((problem) => `failing at ${mark}: ${problem}`));
      } finally {
        delete process.env[FAIL_VARIABLE];
        await run.remove();
      }
    }
    return { done: `${chosen.length} failures in a plan of ${ids.length} migrations on both engines`, failures };
  },
};

async function failAt(run: ScratchRun, day: number, mark: string): Promise<string[]> {
  const problems: string[] = [];
  process.env[FAIL_VARIABLE] = mark;
  const outcomes = await up(await run.context());
  delete process.env[FAIL_VARIABLE];
  for (const [domain, { days }] of Object.entries(PLAN)) {
    const outcome = outcomes.get(domain);
    const applied = days.filter((own) => own < day).map(name);
    const owns = days.includes(day);
    const notRun = days.filter((own) => (owns ? own > day : own >= day)).map(name);
    const isUntouched = notRun.length === 0 && !owns;
    if (outcome?.state !== (isUntouched ? 'done' : 'failed')) {
      problems.push(`${domain} ended as ${outcome?.state}`);
    }
    if (outcome?.applied.join() !== applied.join()) {
      problems.push(`${domain} reports as applied ${outcome?.applied.join()} instead of ${applied.join()}`);
    }
    if (!isUntouched && outcome?.notRun.join() !== notRun.join()) {
      problems.push(`${domain} reports as not run ${outcome?.notRun.join()} instead of ${notRun.join()}`);
    }
  }
  const again = await up(await run.context());
  problems.push(
    ...[...again].flatMap(([domain, { state }]) => (state === 'done' ? [] : [`${domain} did not complete`])),
  );
  const { rows } = await run.withClient((client) => client.query('SELECT mark FROM public.trace ORDER BY 1'));
  const marks = rows.map((row) => row.mark as string).sort();
  const expected = ids.filter(({ domain }) => PLAN[domain]?.engine === 'postgres').map((id) => `m${id.day}`);
  if (marks.join() !== expected.sort().join()) {
    problems.push(`bodies on PostgreSQL ran as ${marks.join()}`);
  }
  const traces = await run.withDb('mails-db', (db) => db.collection('trace').find().toArray());
  if (traces.length !== 12 || traces.some((trace) => Number(trace['times']) !== 1)) {
    problems.push(`steps on MongoDB ran as ${JSON.stringify(traces.map(({ _id, times }) => [_id, Number(times)]))}`);
  }
  return problems;
}

function workspace() {
  return Object.fromEntries(
    Object.entries(PLAN).map(([domain, { engine, days }]) => {
      const source = (day: number) =>
        engine === 'postgres' ? tracedPostgres(`m${day}`, requires(day)) : tracedMongo(`m${day}`, STEPS, requires(day));
      return [domain, { engine, migrations: Object.fromEntries(days.map((day) => [`${name(day)}.ts`, source(day)])) }];
    }),
  );
}
