import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuietHours } from '../schema/notification-settings.ts';
import { localMs } from './local-clock.ts';
import { endOfQuietHours, isQuiet } from './quiet-hours.ts';

const MINUTE_MS = 60_000;
const SEED = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FINOVA_PROPERTY_RUNS'] ?? 200);

const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
const timeOfDay = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
const quietHours: fc.Arbitrary<QuietHours> = fc
  .record({ start: timeOfDay, end: timeOfDay, timeZone: zone })
  .filter(({ start, end }) => start !== end);
const instant = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Said another way than the code under test: by the runtime's own text of the local time. */
function isQuietByText({ start, end, timeZone }: QuietHours, at: Date): boolean {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  clocks.set(timeZone, clock);
  const text = clock.format(at);
  return start < end ? start <= text && text < end : start <= text || text < end;
}

describe(`quiet hours (FINOVA_PROPERTY_SEED=${SEED})`, () => {
  const vienna = { start: '22:00', end: '07:00', timeZone: 'Europe/Vienna' };
  const newYork = (start: string, end: string) => ({ start, end, timeZone: 'America/New_York' });

  it.each<[string, QuietHours, string, string]>([
    ['outside of them, at once', vienna, '2026-03-04T12:00:00Z', '2026-03-04T12:00:00Z'],
    ['before midnight, the next morning', vienna, '2026-03-04T22:30:00Z', '2026-03-05T06:00:00Z'],
    ['after midnight, the same morning', vienna, '2026-03-05T01:30:00Z', '2026-03-05T06:00:00Z'],
    ['from the first moment of the start', vienna, '2026-03-04T21:00:00.000Z', '2026-03-05T06:00:00Z'],
    ['not any more at the end', vienna, '2026-03-05T06:00:00.000Z', '2026-03-05T06:00:00.000Z'],
    ['over the night that is an hour shorter', vienna, '2026-03-28T22:10:00Z', '2026-03-29T05:00:00Z'],
    ['over the night that is an hour longer', vienna, '2026-10-24T21:10:00Z', '2026-10-25T06:00:00Z'],
    [
      'until the clocks jump over their end',
      newYork('01:00', '02:30'),
      '2026-03-08T06:30:00Z',
      '2026-03-08T07:00:00.000Z',
    ],
    [
      'over the whole day when the clocks jump over all that is not quiet',
      newYork('02:45', '02:15'),
      '2026-03-08T06:30:00Z',
      '2026-03-09T06:15:00Z',
    ],
    [
      'until the first time that the clocks show their end',
      newYork('22:00', '01:30'),
      '2026-11-01T05:10:00Z',
      '2026-11-01T05:30:00Z',
    ],
    [
      'and again when the clocks go back into them',
      newYork('22:00', '01:30'),
      '2026-11-01T06:10:00Z',
      '2026-11-01T06:30:00Z',
    ],
    [
      'where clocks change by half an hour',
      { start: '01:00', end: '02:15', timeZone: 'Australia/Lord_Howe' },
      '2026-10-03T15:00:00Z',
      '2026-10-03T15:30:00Z',
    ],
    [
      'where a whole day was left out',
      { start: '22:00', end: '07:00', timeZone: 'Pacific/Apia' },
      '2011-12-30T09:00:00Z',
      '2011-12-30T17:00:00Z',
    ],
  ])('holds back %s', (_, hours, from, until) => {
    expect(endOfQuietHours(hours, new Date(from))).toEqual(new Date(until));
  });

  it('follows the customer who moves to another zone', () => {
    const at = new Date('2026-03-05T06:00:00Z');
    expect(isQuiet(vienna, at)).toBe(false);
    expect(endOfQuietHours({ ...vienna, timeZone: 'America/New_York' }, at)).toEqual(new Date('2026-03-05T12:00:00Z'));
  });

  it('is quiet when the clock on the wall says so', () => {
    fc.assert(
      fc.property(quietHours, instant, (hours, at) => {
        expect(isQuiet(hours, at)).toBe(isQuietByText(hours, at));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it('never lets go within them, never earlier than asked, and as soon as they end', () => {
    fc.assert(
      fc.property(quietHours, instant, (hours, at) => {
        const until = endOfQuietHours(hours, at);
        expect(until.getTime()).toBeGreaterThanOrEqual(at.getTime());
        expect(isQuietByText(hours, until)).toBe(false);
        // Minimal: every minute before it is quiet, and so is the last millisecond.
        for (let before = at.getTime(); before < until.getTime(); before += 7 * MINUTE_MS) {
          expect(isQuietByText(hours, new Date(before))).toBe(true);
        }
        if (until > at) {
          expect(isQuietByText(hours, new Date(until.getTime() - 1))).toBe(true);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it(
    'holds around the changes of clocks, where it is hard',
    () => {
      const changes = fc
        .tuple(zone, fc.integer({ min: 2000, max: 2035 }), fc.integer({ min: -600, max: 600 }), timeOfDay, timeOfDay)
        .filter(([, , , start, end]) => start !== end);
      fc.assert(
        fc.property(changes, ([timeZone, year, minutes, start, end]) => {
          const change = clockChangesOf(timeZone, year)[0];
          fc.pre(change !== undefined);
          const at = new Date((change ?? 0) + minutes * MINUTE_MS);
          const hours = { start, end, timeZone };
          const until = endOfQuietHours(hours, at);
          expect(isQuietByText(hours, until)).toBe(false);
          for (let before = at.getTime(); before < until.getTime(); before += MINUTE_MS) {
            expect(isQuietByText(hours, new Date(before))).toBe(true);
          }
        }),
        { seed: SEED, numRuns: Math.ceil(RUNS / 4) },
      );
    },
    60_000 + RUNS * 50,
  );
});

/** The changes of a year to the minute, found by looking at every hour. */
function clockChangesOf(timeZone: string, year: number): readonly number[] {
  const changes: number[] = [];
  const offsetAt = (at: number) => localMs(timeZone, at) - at;
  const end = Date.UTC(year + 1, 0, 1);
  for (let at = Date.UTC(year, 0, 1); at < end; at += 1_440 * MINUTE_MS) {
    if (offsetAt(at) !== offsetAt(at + 1_440 * MINUTE_MS)) {
      let minute = at;
      while (offsetAt(minute) === offsetAt(at)) {
        minute += MINUTE_MS;
      }
      changes.push(minute);
    }
  }
  return changes;
}
