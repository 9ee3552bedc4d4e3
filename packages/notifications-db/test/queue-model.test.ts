import { newId } from '@finova/db-kit';
import { typedCollection } from '@finova/db-kit/mongodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeaseLostError, RecipientErasedError } from '../src/errors.ts';
import {
  ErasureRepository,
  type LeasedNotification,
  type NewNotification,
  NotificationRepository,
  notifications,
  type RetryPolicy,
} from '../src/index.ts';
import { type NotificationsDatabase, openNotificationsDatabase } from './support/notifications-database.ts';
import { type ModelLease, QueueModel } from './support/queue-model.ts';

const SEED = Number(process.env['FINOVA_PROPERTY_SEED'] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env['FINOVA_MODEL_RUNS'] ?? 20);

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const RETRY: RetryPolicy = { maxAttempts: 3, firstDelayMs: MINUTE_MS, maxDelayMs: 3 * MINUTE_MS };
const RETENTION_DAYS = 1;

let database: NotificationsDatabase;
beforeAll(async () => {
  database = await openNotificationsDatabase();
});
afterAll(() => database.close());

/** The repository and the model beside each other, with what the workers of this run hold. */
class QueueRun {
  /** Far ahead: what lies before the server's own clock, its expiry deletes in the middle of a run. */
  readonly model = new QueueModel(Date.UTC(2096, 2, 4, 9), RETRY, RETENTION_DAYS * DAY_MS);
  readonly users = Array.from({ length: 3 }, () => newId());
  readonly #clock = () => new Date(this.model.now);
  readonly queue = new NotificationRepository(database.db, {
    clock: this.#clock,
    random: () => 1,
    retry: RETRY,
    retentionDays: RETENTION_DAYS,
  });
  readonly erasures = new ErasureRepository(database.db, { clock: this.#clock });
  readonly leases: { readonly model: ModelLease; readonly real: LeasedNotification }[] = [];

  userOf(number: number): string {
    return this.users[number % this.users.length] ?? '';
  }

  input(user: number, event: number, delayMs: number): NewNotification {
    return {
      userId: this.userOf(user),
      eventId: `event ${event}`,
      channel: 'email',
      category: 'payments',
      severity: 'notice',
      title: 'Payment received',
      body: '',
      notBefore: new Date(this.model.now + delayMs),
    };
  }

  /** Everything that is stored is what the model says, and nothing else is. */
  async compare(): Promise<void> {
    const documents = await typedCollection(database.db, notifications).find().toArray();
    const stored = documents.map(({ userId, eventId, status, attempts, nextAttemptAt, leaseOwner, expiresAt }) => ({
      userId,
      eventId,
      status,
      attempts,
      nextAttemptAt: nextAttemptAt?.getTime(),
      leaseOwner,
      expiresAt: expiresAt?.getTime(),
    }));
    const expected = [...this.model.notifications.values()].map((one) => ({
      nextAttemptAt: undefined,
      leaseOwner: undefined,
      expiresAt: undefined,
      ...one,
    }));
    const byKey = (left: { userId: string; eventId: string }, right: { userId: string; eventId: string }) =>
      QueueModel.keyOf(left.userId, left.eventId) < QueueModel.keyOf(right.userId, right.eventId) ? -1 : 1;
    expect(stored.toSorted(byKey)).toEqual(expected.toSorted(byKey));
  }
}

type Step = (run: QueueRun) => Promise<void>;

const named = (text: string, step: Step): Step =>
  Object.assign(step, { toString: () => text, [fc.toStringMethod]: () => text });
const user = fc.nat(2);
const event = fc.nat(3);
const delay = fc.constantFrom(0, 0, 30_000, 2 * MINUTE_MS);

const enqueue = fc.tuple(user, event, delay).map(([userNumber, eventNumber, delayMs]) =>
  named(`enqueue(${userNumber}, ${eventNumber}, ${delayMs})`, async (run) => {
    const input = run.input(userNumber, eventNumber, delayMs);
    const expected = run.model.enqueue(input.userId, input.eventId, delayMs);
    const enqueuing = run.queue.enqueue(input).then(
      ({ added }) => (added ? 'added' : 'existing'),
      (thrown: unknown) => (thrown instanceof RecipientErasedError ? 'erased' : Promise.reject(thrown)),
    );
    expect(await enqueuing).toBe(expected);
  }),
);

const enqueueMany = fc.array(fc.tuple(user, event), { maxLength: 6 }).map((list) =>
  named(`enqueueMany(${JSON.stringify(list)})`, async (run) => {
    const inputs = list.map(([userNumber, eventNumber]) => run.input(userNumber, eventNumber, 0));
    const expected = inputs.map(({ userId, eventId }) => run.model.enqueue(userId, eventId, 0));
    expect((await run.queue.enqueueMany(inputs)).map(({ outcome }) => outcome)).toEqual(expected);
  }),
);

const lease = fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 4 })).map(([worker, limit]) =>
  named(`lease(worker ${worker}, ${limit})`, async (run) => {
    run.model.giveUpAbandoned();
    const due = run.model.dueTimes();
    const owner = `worker ${worker}`;
    const leased = await run.queue.lease({ channel: 'email', owner, limit, leaseMs: MINUTE_MS });
    expect(leased).toHaveLength(Math.min(limit, due.length));
    const times = leased.map(({ userId, eventId }) => {
      const key = QueueModel.keyOf(userId, eventId);
      return run.model.notifications.get(key)?.nextAttemptAt;
    });
    // The longest due first: which of several due at one moment is the server's choice.
    expect(times).toEqual(due.slice(0, limit));
    for (const real of leased) {
      const key = QueueModel.keyOf(real.userId, real.eventId);
      run.leases.push({ model: run.model.lease(key, owner, MINUTE_MS), real });
    }
  }),
);

const settle = fc.tuple(fc.nat(), fc.constantFrom('sent', 'failed', 'failed for good')).map(([which, outcome]) =>
  named(`settle(${which}, ${outcome})`, async (run) => {
    const held = run.leases[which % Math.max(1, run.leases.length)];
    if (held === undefined) {
      return;
    }
    const permanent = outcome === 'failed for good';
    const settling =
      outcome === 'sent'
        ? run.queue.markSent(held.real)
        : run.queue.markFailed(held.real, { reason: 'Mail server busy', permanent });
    if (!run.model.holds(held.model)) {
      await expect(settling).rejects.toThrow(LeaseLostError);
      return;
    }
    await settling;
    if (outcome === 'sent') {
      run.model.sent(held.model);
    } else {
      run.model.failed(held.model, permanent);
    }
  }),
);

const cancel = fc.tuple(user, event).map(([userNumber, eventNumber]) =>
  named(`cancel(${userNumber}, ${eventNumber})`, async (run) => {
    const { userId, eventId } = run.input(userNumber, eventNumber, 0);
    const document = await typedCollection(database.db, notifications).findOne({ userId, eventId });
    const expected = run.model.cancel(QueueModel.keyOf(userId, eventId));
    expect(await run.queue.cancel(userId, document?._id ?? newId())).toBe(expected);
  }),
);

/** A worker that crashed reports nothing; time goes on, and its lease with it. */
const wait = fc.constantFrom(1, 30_000, MINUTE_MS, 5 * MINUTE_MS, 2 * DAY_MS).map((durationMs) =>
  named(`wait(${durationMs})`, async (run) => {
    run.model.now += durationMs;
  }),
);

const expire = fc.constant(
  named('expire()', async (run) => {
    // The server's own expiry runs once a minute and by its own clock: this is what it deletes.
    const { deletedCount } = await typedCollection(database.db, notifications).deleteMany({
      expiresAt: { $lte: new Date(run.model.now) },
    });
    expect(deletedCount).toBe(run.model.expire());
  }),
);

const erase = user.map((userNumber) =>
  named(`erase(${userNumber})`, async (run) => {
    await run.erasures.erase(run.userOf(userNumber));
    run.model.erase(run.userOf(userNumber));
  }),
);

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: enqueue },
    { weight: 2, arbitrary: enqueueMany },
    { weight: 6, arbitrary: lease },
    { weight: 6, arbitrary: settle },
    { weight: 1, arbitrary: cancel },
    { weight: 4, arbitrary: wait },
    { weight: 1, arbitrary: expire },
    { weight: 1, arbitrary: erase },
  ),
  { minLength: 10, maxLength: 40 },
);

it(
  `the queue comes to what its model says (FINOVA_PROPERTY_SEED=${SEED}, FINOVA_MODEL_RUNS=${RUNS})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        await database.empty();
        const run = new QueueRun();
        for (const step of list) {
          await step(run);
          await run.compare();
        }
      }),
      { seed: SEED, numRuns: RUNS, endOnFailure: true },
    );
  },
  120_000 + RUNS * 10_000,
);
