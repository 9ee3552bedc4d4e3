import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GATHERING_DIGESTS } from '../schema/vocabulary.ts';
import { digestPeriod } from './digest-period.ts';

const SEED = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FINOVA_PROPERTY_RUNS'] ?? 200);

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Said another way than the code under test: by the runtime's own text of the local time. */
function periodByText(every: 'hourly' | 'daily', timeZone: string, at: Date): string {
  const clock =
    clocks.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(timeZone, clock);
  return clock
    .format(at)
    .replace(' ', 'T')
    .slice(0, every === 'daily' ? 10 : 13);
}

describe(`digestPeriod (FINOVA_PROPERTY_SEED=${SEED})`, () => {
  it.each([
    ['the local day', 'daily', 'Europe/Vienna', '2026-03-04T23:30:00Z', '2026-03-05', '2026-03-05T23:00:00Z'],
    ['a day of 23 hours', 'daily', 'Europe/Vienna', '2026-03-28T23:30:00Z', '2026-03-29', '2026-03-29T22:00:00Z'],
    ['a day of 25 hours', 'daily', 'Europe/Vienna', '2026-10-24T22:00:00Z', '2026-10-25', '2026-10-25T23:00:00Z'],
    [
      'the day before one that was left out',
      'daily',
      'Pacific/Apia',
      '2011-12-30T09:00:00Z',
      '2011-12-29',
      '2011-12-30T10:00:00Z',
    ],
    ['an hour', 'hourly', 'Asia/Kathmandu', '2026-03-04T09:20:00Z', '2026-03-04T15', '2026-03-04T10:15:00Z'],
    [
      'an hour that the clocks show twice',
      'hourly',
      'Europe/Vienna',
      '2026-10-25T00:30:00Z',
      '2026-10-25T02',
      '2026-10-25T02:00:00Z',
    ],
  ] as const)('knows %s', (_, every, timeZone, at, period, endsAt) => {
    expect(digestPeriod({ every, timeZone }, new Date(at))).toEqual({ period, endsAt: new Date(endsAt) });
  });

  it('ends when the local hour or day is another, and not before', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GATHERING_DIGESTS),
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        (every, timeZone, at) => {
          const { period, endsAt } = digestPeriod({ every, timeZone }, at);
          expect(period).toBe(periodByText(every, timeZone, at));
          expect(endsAt.getTime()).toBeGreaterThan(at.getTime());
          expect(periodByText(every, timeZone, endsAt) > period).toBe(true);
          for (let before = at.getTime(); before < endsAt.getTime(); before += 17 * 60_000) {
            expect(periodByText(every, timeZone, new Date(before)) <= period).toBe(true);
          }
        },
      ),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
