import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import getPort from 'get-port';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { composeImage } from '../src/containers/docker.ts';
import { ComposeServerError, ForcedServerMissingError, selectServers } from '../src/index.ts';

const run = promisify(execFile);
const THIS_WORKSPACE = join(import.meta.dirname, '..', '..', '..');

describe('the containers of a test run', () => {
  test('have the images of docker-compose.yml, want a password, and are gone when stopped', async () => {
    const { postgres, mongodb } = await selectServers({
      workspaceRoot: THIS_WORKSPACE,
      purpose: 'test',
      engines: ['postgres', 'mongodb'],
      environment: {},
    });
    const [postgresUrl, mongodbUrl] = [postgres?.url ?? '', mongodb?.url ?? ''];

    expect(postgres).toMatchObject({ source: 'containers', reason: 'containers: Testcontainers started postgres:18' });
    expect(postgres?.label).toMatch(/^PostgreSQL 18\.\d+ at \S+:\d+\/finova$/);
    expect(mongodb).toMatchObject({ source: 'containers', reason: 'containers: Testcontainers started mongo:8' });
    for (const url of [postgresUrl, mongodbUrl]) {
      expect(new URL(url).password).toMatch(/^[\w-]{32}$/);
    }
    const hello = await withMongoClient({ url: mongodbUrl, applicationName: 'test' }, (client) =>
      client.db('admin').command({ hello: 1 }),
    );
    expect(hello).toMatchObject({ isWritablePrimary: true, setName: expect.any(String) });

    await Promise.all([postgres?.stop(), mongodb?.stop()]);
    await expect(withPostgresClient({ url: postgresUrl, applicationName: 'test' }, async () => {})).rejects.toThrow(
      'cannot be reached',
    );
  });

  test('read their images from docker-compose.yml, which pins them once', async () => {
    expect(await composeImage(THIS_WORKSPACE, 'postgres', {})).toBe('postgres:18');
    expect(await composeImage(THIS_WORKSPACE, 'postgres', { FINOVA_POSTGRES_IMAGE: 'postgres:15' })).toBe(
      'postgres:15',
    );
    expect(await composeImage(THIS_WORKSPACE, 'mongodb')).toBe('mongo:8');
  });
});

describe('the services of docker-compose.yml', () => {
  let workspaceRoot: string;
  let ports: NodeJS.ProcessEnv;

  beforeAll(async () => {
    workspaceRoot = await mkdtemp(join(tmpdir(), 'finova-compose-'));
    await copyFile(join(THIS_WORKSPACE, 'docker-compose.yml'), join(workspaceRoot, 'docker-compose.yml'));
    ports = {
      FINOVA_COMPOSE_POSTGRES_PORT: String(await getPort()),
      FINOVA_COMPOSE_MONGO_PORT: String(await getPort()),
    };
  });
  afterAll(async () => {
    await compose('down', '--volumes');
    await rm(workspaceRoot, { recursive: true, force: true });
  });

  function compose(...args: string[]) {
    return run('docker', ['compose', ...args], { cwd: workspaceRoot, env: { ...process.env, ...ports } });
  }

  function select(environment: NodeJS.ProcessEnv = {}) {
    return selectServers({
      workspaceRoot,
      purpose: 'command',
      engines: ['postgres', 'mongodb'],
      environment: { FINOVA_DATABASES: 'containers', ...environment },
    });
  }

  test('are asked for, with the command that starts them, while they are not up', async () => {
    await expect(select()).rejects.toThrow(ForcedServerMissingError);
    await expect(select()).rejects.toThrow('run docker compose up --wait');
  });

  test('are found where they are up, on loopback, and left running', async () => {
    await compose('up', '--wait');

    const { postgres, mongodb } = await select();
    await Promise.all([postgres?.stop(), mongodb?.stop()]);

    expect(postgres?.label).toMatch(
      new RegExp(`^PostgreSQL 18\\.\\d+ at 127\\.0\\.0\\.1:${ports['FINOVA_COMPOSE_POSTGRES_PORT']}/finova$`),
    );
    expect(mongodb?.label).toMatch(new RegExp(` at 127\\.0\\.0\\.1:${ports['FINOVA_COMPOSE_MONGO_PORT']}$`));
    expect(await select()).toMatchObject({ postgres: { url: postgres?.url }, mongodb: { url: mongodb?.url } });
    const { stdout } = await compose('ps', '--format', '{{.Ports}}');
    expect(stdout).not.toMatch(/0\.0\.0\.0|\[::\]/);
  });

  test('with another password are told as such, without it', async () => {
    const attempt = select({ FINOVA_COMPOSE_PASSWORD: 'not-the-secret' });

    await expect(attempt).rejects.toThrow(ComposeServerError);
    await expect(attempt).rejects.toThrow(/of docker-compose\.yml cannot be used: .* refused the login of user finova/);
    await expect(attempt).rejects.not.toThrow(/not-the-secret/);
  });

  test('take their password from .env, as Compose does, after the environment', async () => {
    const file = join(workspaceRoot, '.env');
    onTestFinished(() => rm(file, { force: true }));
    await writeFile(file, 'FINOVA_COMPOSE_PASSWORD=from-the-file\n');

    await expect(select()).rejects.toThrow(ComposeServerError);
    await expect(select({ FINOVA_COMPOSE_PASSWORD: 'finova-loopback-only' })).resolves.toHaveProperty('mongodb');
  });
});
