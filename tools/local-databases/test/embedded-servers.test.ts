import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EmbeddedServerError, localStatus, selectServers, startLocal, stopLocal } from '../src/index.ts';
import { selectInProcess } from './server-process.ts';
import { temporaryWorkspace } from './temporary-workspace.ts';

interface Servers {
  readonly postgres: string;
  readonly mongodb: string;
  readonly progress: readonly string[];
}

async function start(workspaceRoot: string): Promise<Servers> {
  const progress: string[] = [];
  const { postgres, mongodb } = await selectServers({
    workspaceRoot,
    purpose: 'command',
    engines: ['postgres', 'mongodb'],
    environment: { FINOVA_DATABASES: 'embedded' },
    onProgress: (line) => progress.push(line),
  });
  return { postgres: postgres?.url ?? '', mongodb: mongodb?.url ?? '', progress };
}

/** Writes something on both servers that {@link readMark} finds again. */
async function writeMark({ postgres, mongodb }: Servers): Promise<void> {
  await withPostgresClient(on(postgres), (client) => client.query('CREATE TABLE mark AS SELECT 1 AS found'));
  await withMongoClient(on(mongodb), (client) => client.db('marks').collection('marks').insertOne({ found: 1 }));
}

async function readMark({ postgres, mongodb }: Servers): Promise<{ postgres: boolean; mongodb: boolean }> {
  return {
    postgres: await withPostgresClient(on(postgres), async (client) => {
      const { rows } = await client.query<{ exists: boolean }>(`SELECT to_regclass('mark') IS NOT NULL AS exists`);
      return rows[0]?.exists === true;
    }),
    mongodb: await withMongoClient(on(mongodb), async (client) => {
      return (await client.db('marks').collection('marks').countDocuments()) === 1;
    }),
  };
}

function on(url: string) {
  return { url, applicationName: 'local-databases-test' };
}

async function pids(workspaceRoot: string): Promise<[postgres: number, mongodb: number]> {
  const [postgres, mongodb] = await Promise.all([
    readFile(postgresPidFile(workspaceRoot), 'utf8'),
    readFile(join(workspaceRoot, '.finova', 'mongodb', 'pid'), 'utf8'),
  ]);
  return [Number(postgres.split('\n')[0]), Number(mongodb)];
}

function postgresPidFile(workspaceRoot: string): string {
  return join(workspaceRoot, '.finova', 'postgres-18', 'data', 'postmaster.pid');
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection({ host, port, timeout: 1_000 });
    const end = (answer: boolean) => () => {
      connection.destroy();
      resolve(answer);
    };
    connection.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

describe('embedded servers', () => {
  test('start from nothing, are found again without a word, and stop with their data kept', async () => {
    const workspaceRoot = await temporaryWorkspace();

    const first = await start(workspaceRoot);
    expect(first.progress).toContain('Making the embedded PostgreSQL');
    await writeMark(first);

    const again = await start(workspaceRoot);
    expect(again).toEqual({ ...first, progress: [] });

    expect(await stopLocal({ workspaceRoot })).toMatchObject([
      { engine: 'postgres', running: false, label: '', dataFolder: join('.finova', 'postgres-18') },
      { engine: 'mongodb', running: false, label: '', dataFolder: join('.finova', 'mongodb') },
    ]);
    expect(await stopLocal({ workspaceRoot })).toMatchObject([{ running: false }, { running: false }]);

    expect(await startLocal({ workspaceRoot })).toMatchObject([
      { running: true, label: expect.stringMatching(/^PostgreSQL 18\.\d+ at 127\.0\.0\.1:\d+\/finova$/) },
      { running: true, label: expect.stringMatching(/^(?:MongoDB|SecantusDB) \S+.* at 127\.0\.0\.1:\d+$/) },
    ]);
    expect(await localStatus({ workspaceRoot })).toMatchObject([{ running: true }, { running: true }]);
    expect(await readMark(await start(workspaceRoot))).toEqual({ postgres: true, mongodb: true });
  });

  test('listen on loopback only, want the password, and keep it in a file for their owner alone', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const { postgres, mongodb } = await start(workspaceRoot);

    for (const url of [postgres, mongodb]) {
      const { hostname, port, password } = new URL(url);
      expect(hostname).toBe('127.0.0.1');
      expect(password).toMatch(/^[\w-]{32}$/);
      expect(await accepts('127.0.0.1', Number(port))).toBe(true);
      // All of 127/8 reaches a Linux server that listens on every address.
      expect(await accepts('127.0.0.2', Number(port))).toBe(false);
    }
    await withPostgresClient(on(postgres), async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
           (SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules) AS methods,
           (SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = current_user) AS scram,
           pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()`,
      );
      expect(rows).toEqual([
        { addresses: '127.0.0.1', sockets: '', methods: ['scram-sha-256'], scram: true, encoding: 'UTF8' },
      ]);
    });
    const { host } = new URL(mongodb);
    const listing = withMongoClient(on(`mongodb://${host}/?directConnection=true`), (client) =>
      client.db('admin').command({ listDatabases: 1 }),
    );
    await expect(listing).rejects.toThrow(/auth/);

    const { mode } = await stat(join(workspaceRoot, '.finova', 'embedded.json'));
    expect(mode & 0o777).toBe(0o600);
    expect((await stat(join(workspaceRoot, '.finova'))).mode & 0o066).toBe(0);
  });

  test('keep what was written when they are killed, and start again', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const first = await start(workspaceRoot);
    await writeMark(first);
    const [postgresPid, mongodbPid] = await pids(workspaceRoot);
    process.kill(postgresPid, 'SIGKILL');
    process.kill(mongodbPid, 'SIGKILL');

    expect(await readMark(await start(workspaceRoot))).toEqual({ postgres: true, mongodb: true });
  });

  test('start although their pid files name another living process, which is left alone', async () => {
    const workspaceRoot = await temporaryWorkspace();
    await start(workspaceRoot);
    await stopLocal({ workspaceRoot });
    // This process is alive, and PostgreSQL by itself would refuse to start beside it.
    await writeFile(postgresPidFile(workspaceRoot), `${process.pid}\n`);
    await writeFile(join(workspaceRoot, '.finova', 'mongodb', 'pid'), String(process.pid));

    expect(await stopLocal({ workspaceRoot })).toMatchObject([{ running: false }, { running: false }]);
    expect(await startLocal({ workspaceRoot })).toMatchObject([{ running: true }, { running: true }]);
  });

  test('are found although the note of their process is lost: its server is ended, not fought over', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const first = await start(workspaceRoot);
    await writeMark(first);
    await rm(join(workspaceRoot, '.finova', 'mongodb', 'pid'));

    expect(await readMark(await start(workspaceRoot))).toEqual({ postgres: true, mongodb: true });
  });

  test('move to another port when theirs is taken', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const first = await start(workspaceRoot);
    await writeMark(first);
    await stopLocal({ workspaceRoot });
    for (const url of [first.postgres, first.mongodb]) {
      const stranger = createServer((socket) => socket.destroy()).listen(Number(new URL(url).port), '127.0.0.1');
      onTestFinished(() => void stranger.close());
    }

    const second = await start(workspaceRoot);

    expect(new URL(second.postgres).port).not.toBe(new URL(first.postgres).port);
    expect(new URL(second.mongodb).port).not.toBe(new URL(first.mongodb).port);
    expect(await readMark(second)).toEqual({ postgres: true, mongodb: true });
  });

  test('are one each when several processes start them at once', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const processes = Array.from({ length: 4 }, () => selectInProcess({ workspaceRoot, purpose: 'command' }));

    const [first, ...others] = await Promise.all(processes.map(({ urls }) => urls));

    expect(others).toEqual([first, first, first]);
  });

  test('outlive the process that started them', async () => {
    const workspaceRoot = await temporaryWorkspace();
    const starter = selectInProcess({ workspaceRoot, purpose: 'command' });
    const { postgres, mongodb } = await starter.urls;
    await starter.kill();

    expect(await start(workspaceRoot)).toEqual({ postgres, mongodb, progress: [] });
  });

  test('of a copied workspace are its own, not the original’s', async () => {
    const original = await temporaryWorkspace();
    const first = await start(original);
    const copy = await temporaryWorkspace();
    await cp(join(original, '.finova', 'embedded.json'), join(copy, '.finova', 'embedded.json'));

    const second = await start(copy);

    expect(new URL(second.postgres).port).not.toBe(new URL(first.postgres).port);
    expect(new URL(second.mongodb).port).not.toBe(new URL(first.mongodb).port);
    await writeMark(second);
    expect(await readMark(first)).toEqual({ postgres: false, mongodb: false });
  });

  test('whose passwords are lost begin anew, with the old data put aside and that said', async () => {
    const workspaceRoot = await temporaryWorkspace();
    await writeMark(await start(workspaceRoot));
    await writeFile(join(workspaceRoot, '.finova', 'embedded.json'), '{ half a file');

    const second = await start(workspaceRoot);

    expect(second.progress).toContainEqual(expect.stringMatching(/^Moved data to .*the embedded PostgreSQL is lost$/));
    expect(second.progress).toContainEqual(expect.stringMatching(/^Moved data to .*MongoDB server is lost$/));
    expect(await readMark(second)).toEqual({ postgres: false, mongodb: false });
    for (const folder of ['postgres-18', 'mongodb']) {
      const names = await readdir(join(workspaceRoot, '.finova', folder));
      expect(names).toContainEqual(expect.stringMatching(/^set-aside-\d+$/));
    }
  });

  test('replace data that a start left half made when it was killed', async () => {
    const workspaceRoot = await temporaryWorkspace();
    for (const folder of ['postgres-18', 'mongodb']) {
      const data = join(workspaceRoot, '.finova', folder, 'data');
      await mkdir(data, { recursive: true });
      await writeFile(join(data, 'PG_VERSION'), '18\n');
      await writeFile(join(data, 'WiredTiger'), 'half a file');
    }

    expect(await startLocal({ workspaceRoot })).toMatchObject([{ running: true }, { running: true }]);
  });

  test('that run and let nobody in are told, not started again over the work of others', {
    timeout: 30_000,
  }, async () => {
    const workspaceRoot = await temporaryWorkspace();
    const { postgres } = await start(workspaceRoot);
    const [before] = await pids(workspaceRoot);
    await withPostgresClient(on(postgres), (client) => client.query(`ALTER ROLE finova PASSWORD 'changed by hand'`));

    const attempt = start(workspaceRoot);

    await expect(attempt).rejects.toThrow(EmbeddedServerError);
    await expect(attempt).rejects.toThrow(/it runs and cannot be used: .*refused the login of user finova/);
    expect((await pids(workspaceRoot))[0]).toBe(before);
  });
});
