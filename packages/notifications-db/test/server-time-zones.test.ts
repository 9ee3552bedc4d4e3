import fc from 'fast-check';
import { MongoServerError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localMs } from '../src/time/local-clock.ts';
import { type NotificationsDatabase, openNotificationsDatabase } from './support/notifications-database.ts';
import { skipWithALine } from './support/skip-with-a-line.ts';

const SEED = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);

/** Zones with all kinds of clocks: changed by an hour, by half of one, the other way round, never, off by 45 minutes. */
const ZONES = [
  'UTC',
  'Europe/Vienna',
  'Europe/London',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Africa/Casablanca',
];

/** Services and server have a database of time zones each; days are cut by one and nights by the other. */
describe(`the server and the runtime about time zones (FINOVA_PROPERTY_SEED=${SEED})`, () => {
  let database: NotificationsDatabase;
  beforeAll(async () => {
    database = await openNotificationsDatabase();
  });
  afterAll(() => database.close());

  const partsOf = (at: Date, timeZone: string, zone: unknown) =>
    database.db
      .aggregate<{ readonly parts: Record<string, number | bigint> }>([
        { $documents: [{ at, timeZone }] },
        { $project: { parts: { $dateToParts: { date: '$at', timezone: zone } } } },
      ])
      .toArray();
  const expectAgreement = async (at: Date, timeZone: string, zone: unknown) => {
    const [row] = await partsOf(at, timeZone, zone);
    const { year, month, day, hour, minute, second, millisecond } = row?.parts ?? {};
    const shown = [year, month, day, hour, minute, second, millisecond].map(Number);
    const local = new Date(localMs(timeZone, at.getTime()));
    expect(shown).toEqual([
      local.getUTCFullYear(),
      local.getUTCMonth() + 1,
      local.getUTCDate(),
      local.getUTCHours(),
      local.getUTCMinutes(),
      local.getUTCSeconds(),
      local.getUTCMilliseconds(),
    ]);
  };
  const zone = fc.constantFrom(...ZONES);
  // Of what is to come, two databases of different age know different things: governments change it at short notice.
  const instant = fc.date({ min: new Date('2012-01-01'), max: new Date('2024-01-01'), noInvalidDate: true });

  it('they show the same local time', async () => {
    await fc.assert(
      fc.asyncProperty(instant, zone, (at, timeZone) => expectAgreement(at, timeZone, timeZone)),
      { seed: SEED, numRuns: 150 },
    );
  });

  it('also where the zone is that of each document', async (context) => {
    const asked = await partsOf(new Date(), 'UTC', '$timeZone').catch((thrown: unknown) => thrown);
    if (asked instanceof MongoServerError && asked.message.includes('"$timeZone"')) {
      skipWithALine(context, `this server takes no time zone from a field: ${asked.message}`);
    }
    await fc.assert(
      fc.asyncProperty(instant, zone, (at, timeZone) => expectAgreement(at, timeZone, '$timeZone')),
      { seed: SEED, numRuns: 150 },
    );
  });
});
