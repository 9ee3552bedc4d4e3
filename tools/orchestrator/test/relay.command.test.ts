import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import {
  createPostgresTestDatabase,
  type PostgresTestDatabase,
  testMongoUrl,
  testPostgresUrl,
} from '@finova/db-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

const WORKSPACE = join(import.meta.dirname, '..', '..', '..');

describe('finova-db relay', { timeout: 90_000 }, () => {
  let database: PostgresTestDatabase;
  let folder: string;
  const suffix = `_relay_${process.pid}_${Date.now()}`;

  beforeAll(async () => {
    database = await createPostgresTestDatabase(testPostgresUrl());
    folder = await mkdtemp(join(tmpdir(), 'finova-keys-'));
  });
  afterAll(async () => {
    await withMongoClient({ url: testMongoUrl(), applicationName: 'tests' }, async (client) => {
      for (const name of ['finova_preferences', 'finova_notifications']) {
        await client.db(`${name}${suffix}`).dropDatabase();
      }
    });
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const run = (args: readonly string[], onStart: (child: ChildProcess) => void = () => {}) =>
    runCommand(args, {
      folder: WORKSPACE,
      environment: {
        FINOVA_POSTGRES_URL: database.url,
        FINOVA_MONGODB_DATABASE_SUFFIX: suffix,
        FINOVA_KEY_FILE: join(folder, 'keys.json'),
      },
      onStart,
    });
  const relayOnce = async () => {
    const { exitCode, stdout } = await run(['relay', '--once', '--batch-size', '50', '--json']);
    return {
      exitCode,
      report: JSON.parse(stdout) as { messages: number; added: number; setAside: number; heldBack: number },
    };
  };
  const query = <Row extends object>(text: string, values: readonly unknown[] = []) =>
    withPostgresClient({ url: database.url, applicationName: 'tests' }, async (client) =>
      client.query<Row>(text, [...values]).then(({ rows }) => rows),
    );
  const messagesLeft = () =>
    query<{ left: number }>(
      `SELECT count(*)::integer AS left FROM transactions.outbox AS message
       WHERE NOT EXISTS (SELECT FROM transactions.outbox_consumers AS done
         WHERE (message.writer, message.position) <= (done.writer, done.position))`,
    ).then(([row]) => row?.left);
  const waitUntilRelayed = async () => {
    const endsAtMs = performance.now() + 60_000;
    while ((await messagesLeft()) !== 0) {
      expect(performance.now(), 'waited for 60 s').toBeLessThan(endsAtMs);
      await sleep(50);
    }
  };

  it('refuses databases that were never migrated, and batches of no size', async () => {
    const neverMigrated = await run(['relay', '--once']);
    expect(neverMigrated.exitCode).toBe(1);
    expect(neverMigrated.stderr).toContain('was never migrated here; run finova-db up notifications-db');
    const withoutSize = await run(['relay', '--batch-size', '0']);
    expect(withoutSize).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('from 1 to 10000') });
  });

  it('relays what is there, once', async () => {
    await run(['keys', 'create']);
    expect((await run(['up', '--seed'])).exitCode).toBe(0);
    const total = { messages: 0, added: 0 };
    // Until those that others on this server hold back are there too.
    while ((await messagesLeft()) !== 0) {
      const { exitCode, report } = await relayOnce();
      expect({ exitCode, setAside: report.setAside }).toEqual({ exitCode: report.heldBack === 0 ? 0 : 2, setAside: 0 });
      total.messages += report.messages;
      total.added += report.added;
    }
    expect(total.messages).toBeGreaterThan(10);
    expect(total.added).toBeGreaterThan(10);
    expect(await relayOnce()).toMatchObject({ exitCode: 0, report: { messages: 0, added: 0 } });
  });

  it('ends with what an open transaction holds back, and says whose that is', async () => {
    await withPostgresClient({ url: database.url, applicationName: 'forgetful' }, async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT pg_current_xact_id()');
      await query(
        `INSERT INTO transactions.outbox (topic, key, payload, created_at)
         VALUES ('transaction.posted', $1, '{}', now() - interval '1 minute')`,
        [randomUUID()],
      );
      const { exitCode, stdout, stderr } = await run(['relay', '--once']);
      expect(stdout).toContain('1 message left, held back by an open transaction');
      expect(stderr).toMatch(/1 message held back for \d+\.\d s by the transaction of session \d+ \(.*\) of /);
      expect(exitCode).toBe(2);
      await client.query('COMMIT');
    });
    await query('DELETE FROM transactions.outbox WHERE payload = $1', ['{}']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('runs on until %s, and says what it did', async (signal) => {
    const key = randomUUID();
    const running = run(['relay', '--poll-interval', '20'], (child) => {
      void (async () => {
        const sql = `INSERT INTO transactions.outbox (topic, key, payload) VALUES ('transaction.posted', $1, '{}')`;
        await query(sql, [key]);
        await waitUntilRelayed();
        child.kill(signal);
      })();
    });
    const { exitCode, stdout, stderr } = await running;
    expect(stdout).toContain('Relayed 1 message: 0 notifications added');
    expect(stdout).toMatch(/[12] messages? set aside: see transactions\.outbox_set_aside/);
    expect(stderr).toContain(`Set aside transaction.posted ${key}: Message transaction.posted ${key}`);
    expect(stderr).toContain('Interrupted: finishing safely');
    expect(exitCode).toBe(2);
  });
});
