import { describe, expect, it } from 'vitest';
import { roundtrip } from '../src/commands/roundtrip.ts';
import { BROKEN_DOWNS, type BrokenDown, DOWN_SUBJECTS, SOUND_DOWNS } from './planted/broken-downs.ts';
import { createScratchRun } from './scratch-context.ts';
import { rawPostgresMigration } from './scratch-workspace.ts';

const ONE = '20260101T000000-one';
const TWO = '20260102T000000-two';
const noKeys = () => Promise.reject(new Error('Nothing here is encrypted'));

const mongoStep = (up: string, down: string, declarations = '') =>
  `export const migration = { ${declarations} steps: [{ name: 'only', async up(db) { ${up} }, async down(db) { ${down} } }] };\n`;

/** A domain with rows, and this migration after it. */
async function findingsOf({ engine, up, down }: BrokenDown, declarations = '') {
  const subject = DOWN_SUBJECTS[engine];
  const run = await createScratchRun({
    'cards-db': {
      engine,
      migrations:
        engine === 'postgres'
          ? {
              [`${ONE}.ts`]: rawPostgresMigration(subject.up, subject.down),
              [`${TWO}.ts`]: rawPostgresMigration(up, down).replace(`lossy: 'Everything',`, declarations),
            }
          : {
              [`${ONE}.ts`]: mongoStep(subject.up, subject.down, `lossy: 'Mails',`),
              [`${TWO}.ts`]: mongoStep(up, down, declarations),
            },
    },
  });
  return (await roundtrip(await run.context(), [], noKeys)).findings;
}

describe('roundtrip', () => {
  it.each(BROKEN_DOWNS)('finds a down on $engine that $name', async (planted) => {
    const findings = await findingsOf(planted);
    expect(findings.length).toBeGreaterThan(0);
    // What fails is named in the message.
    expect(findings.some(({ migration, detail }) => migration === TWO || detail.includes(TWO))).toBe(true);
  });

  it.each(SOUND_DOWNS)('has nothing to say of $name on $engine', async (sound) => {
    expect(await findingsOf(sound)).toEqual([]);
  });

  it('takes a declared loss for what it is', async () => {
    const loses = BROKEN_DOWNS.find(({ name }) => name === 'loses the values of a column') as BrokenDown;
    expect(await findingsOf(loses, `lossy: 'What was in extra',`)).toEqual([]);
  });
});
