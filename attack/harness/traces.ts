/** Migrations whose bodies leave a trace, so that it can be counted how often each ran. */

/** A PostgreSQL migration that adds a row to `public.trace` for each time its body commits. */
export function tracedPostgres(mark: string, more = ''): string {
  return `import { sql } from 'kysely';
export const migration = { ${more}
  async up(db) {
    ${failWhenAsked(mark)}
    await sql\`CREATE TABLE IF NOT EXISTS public.trace (mark text)\`.execute(db);
    await sql\`INSERT INTO public.trace VALUES ('${mark}')\`.execute(db);
  },
  async down(db) { await sql\`DELETE FROM public.trace WHERE mark = '${mark}'\`.execute(db); },
};
`;
}

/** A MongoDB migration whose steps add a document to `trace` each, once however often they run. */
export function tracedMongo(mark: string, steps: readonly string[], more = ''): string {
  const bodies = steps.map(
    (step) => `{
      name: '${step}',
      async up(db) {
        ${failWhenAsked(`${mark}/${step}`)}
        await db.collection('trace').updateOne({ _id: '${mark}/${step}' }, { $inc: { times: 1 } }, { upsert: true });
      },
      async down(db) { await db.collection('trace').deleteOne({ _id: '${mark}/${step}' }); },
    }`,
  );
  return `export const migration = { ${more} steps: [${bodies.join(', ')}] };\n`;
}

/** Which body fails is told by an environment variable, because a process loads a migration only once. */
export const FAIL_VARIABLE = 'FINOVA_ATTACK_FAIL';

function failWhenAsked(mark: string): string {
  return `if (process.env.${FAIL_VARIABLE} === '${mark}') throw new Error('failed as asked: ${mark}');`;
}
