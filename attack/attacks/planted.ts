import { drift, roundtrip, up } from '@finova/orchestrator';
import { BROKEN_DOWNS, DOWN_SUBJECTS } from '../../tools/orchestrator/test/planted/broken-downs.ts';
import { DRIFT_SUBJECTS, PLANTED_DRIFTS } from '../../tools/orchestrator/test/planted/drifts.ts';
import { makeScratchRun, type ScratchRun } from '../../tools/orchestrator/test/scratch-run.ts';
import { rawPostgresMigration } from '../../tools/orchestrator/test/scratch-workspace.ts';
import type { Attack, AttackContext } from '../harness/attack.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';

const mongoStep = (up: string, down: string, lossy = '') =>
  `export const migration = { ${lossy} steps: [{ name: 'only', async up(db) { ${up} }, async down(db) { ${down} } }] };\n`;

/** Migrations whose `down` does not undo their `up`: at most one of thirty may pass the round trip. */
export const brokenDowns: Attack = {
  name: 'broken-downs',
  async run({ random, servers, count }) {
    const planted = random.shuffle(BROKEN_DOWNS).slice(0, count({ full: 30, short: 12, tiny: 3 }));
    const missed: string[] = [];
    for (const { name, engine, up: forth, down: back } of planted) {
      const subject = DOWN_SUBJECTS[engine];
      const migrations =
        engine === 'postgres'
          ? {
              [`${ONE}.ts`]: rawPostgresMigration(subject.up, subject.down),
              [`${TWO}.ts`]: rawPostgresMigration(forth, back).replace(`lossy: 'Everything',`, ''),
            }
          : {
              [`${ONE}.ts`]: mongoStep(subject.up, subject.down, `lossy: 'Mails',`),
              [`${TWO}.ts`]: mongoStep(forth, back),
            };
      const run = await makeScratchRun({ 'cards-db': { engine, migrations } }, servers);
      try {
        const { findings } = await roundtrip(await run.context(), [], noKeys);
        if (findings.length === 0) {
          missed.push(`a down on ${engine} that ${name} was not found`);
        }
      } finally {
        await run.remove();
      }
    }
    const failures = missed.length <= 1 && planted.length >= 30 ? [] : missed;
    return { done: `${planted.length - missed.length} of ${planted.length} broken downs found`, failures };
  },
};

/** Changes behind the migrations' back, each in a database of its own; and as many databases without any. */
export const drifts: Attack = {
  name: 'drifts',
  async run(context) {
    const { random, count } = context;
    const planted = random.shuffle(PLANTED_DRIFTS).slice(0, count({ full: 30, short: 12, tiny: 3 }));
    const failures: string[] = [];
    for (const { name, engine, plant, object } of planted) {
      await withSubjects(context, async (run) => {
        const domain = engine === 'postgres' ? 'cards-db' : 'mails-db';
        const clean = await drift(await run.context(), [domain]);
        failures.push(
          ...clean.flatMap(({ differences }) => differences.map((found) => `false alarm: ${found.object}`)),
        );
        if (engine === 'postgres') {
          await run.withClient((client) => client.query(plant.replaceAll('$schema', run.workspace.namespace(domain))));
        } else {
          await run.withDb(domain, async (db) => {
            for (const command of plant.split('\n')) {
              await db.command(JSON.parse(command) as object);
            }
          });
        }
        const [found] = await drift(await run.context(), [domain]);
        if (found?.differences.some((difference) => difference.object.includes(object)) !== true) {
          failures.push(`${name} on ${engine} was not found`);
        }
      });
    }
    return { done: `${planted.length} drifts planted, ${planted.length} clean builds looked at`, failures };
  },
};

async function withSubjects({ servers }: AttackContext, use: (run: ScratchRun) => Promise<void>): Promise<void> {
  const run = await makeScratchRun(
    {
      'cards-db': {
        engine: 'postgres',
        migrations: { [`${ONE}.ts`]: rawPostgresMigration(DRIFT_SUBJECTS.postgres.up, DRIFT_SUBJECTS.postgres.down) },
      },
      'mails-db': {
        engine: 'mongodb',
        migrations: {
          [`${ONE}.ts`]: mongoStep(
            DRIFT_SUBJECTS.mongodb,
            `await db.dropCollection('recent'); await db.dropCollection('mails');`,
          ),
        },
      },
    },
    servers,
  );
  try {
    await up(await run.context());
    await use(run);
  } finally {
    await run.remove();
  }
}

const noKeys = () => Promise.reject(new Error('Nothing here is encrypted'));
