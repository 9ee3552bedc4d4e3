/** The text of a PostgreSQL migration that runs these statements; `declarations` are further members. */
export function postgresSource(up: string, down = 'SELECT 1', declarations = ''): string {
  return `import type { PostgresMigration } from '@finova/db-kit/migrations';
import { sql } from 'kysely';

export const migration: PostgresMigration = {
  ${declarations}
  async up(db) {
    await sql\`${up}\`.execute(db);
  },
  async down(db) {
    await sql\`${down}\`.execute(db);
  },
};
`;
}

/** A PostgreSQL migration with this body, which has `db`, `sql` and `sleep`; `declarations` are further members. */
export const bodySource = (up: string, declarations = '') => `import { sql } from 'kysely';
import { setTimeout as sleep } from 'node:timers/promises';
export const migration = {
  ${declarations}
  async up(db: any) { ${up} },
  async down() {},
};`;

/** A migration that leaves one row in `public.trace` for each time its body commits. */
export function tracedSource(mark: string): string {
  return postgresSource(
    `CREATE TABLE IF NOT EXISTS public.trace (mark text); INSERT INTO public.trace VALUES ('${mark}')`,
    `DELETE FROM public.trace WHERE mark = '${mark}'`,
  );
}

/** One step of {@link mongoSource}: bodies see `db`, `context` and `mark(text)`, which leaves a document in `trace`. */
export interface StepSource {
  readonly name: string;
  readonly up?: string;
  readonly down?: string;
}

/** The text of a MongoDB migration; a step without a body marks its name. */
export function mongoSource(...steps: readonly StepSource[]): string {
  const members = steps.map(
    ({ name, up, down }) => `{
      name: '${name}',
      async up(db, context) {
        const mark = (text: string) => db.collection('trace').insertOne({ text });
        ${up ?? `await mark('${name} up');`}
      },
      async down(db, context) {
        const mark = (text: string) => db.collection('trace').insertOne({ text });
        ${down ?? `await mark('${name} down');`}
      },
    }`,
  );
  return `import type { MongoMigration } from '@finova/db-kit/migrations';
import { setTimeout as sleep } from 'node:timers/promises';

export const migration: MongoMigration = { steps: [${members.join(', ')}] };
`;
}
