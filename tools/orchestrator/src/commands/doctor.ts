import { access, constants } from 'node:fs/promises';
import { errorMessage } from '@finova/db-kit';
import { openLocalKeyFile } from '@finova/db-kit/encryption';
import { describeMongo, probeMongoServer, withMongoClient } from '@finova/db-kit/mongodb';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { keyFilePath, type RunContext, serverOf } from '../run/run-context.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** One thing that was looked at. */
export interface DoctorFinding {
  readonly check: string;
  readonly state: 'good' | 'problem';
  /** What was found; for a problem also what to do. */
  readonly detail: string;
}

const OLDEST_NODE = [20, 19] as const;
const OLDEST_POSTGRES = 150_000;

export interface DoctorOptions {
  /** Also tries what each MongoDB server can do, in a database that is made for it and dropped. */
  readonly probe?: boolean;
}

/** Checks what every command needs: Node.js, the workspace's data folder, the keys, and each domain's server. */
export async function doctor(context: RunContext, { probe = false }: DoctorOptions = {}): Promise<DoctorFinding[]> {
  const findings = [checkNode(), ...(await Promise.all([checkKeys(context), checkFolder(context)]))];
  const domains = await Promise.all(
    context.domains.map((domain) => attempt(domain.name, () => checkDomain(context, domain))),
  );
  return [...findings, ...domains, ...(probe ? await probeMongoServers(context) : [])];
}

/** What each MongoDB server lacks of MongoDB; nothing that a command needs, so it is no problem. */
async function probeMongoServers(context: RunContext): Promise<DoctorFinding[]> {
  const urls = new Set(
    context.domains.filter(({ engine }) => engine === 'mongodb').map((domain) => serverOf(context, domain).url),
  );
  return Promise.all(
    [...urls].map((url) =>
      attempt('MongoDB features', async () => {
        const { product, features } = await probeMongoServer({ url, applicationName: 'finova-db doctor' });
        const lacking = features.filter(({ isThere }) => !isThere);
        return lacking.length === 0
          ? `${product} can do all ${features.length}`
          : [
              `${product} lacks ${lacking.length} of ${features.length} (docs/MONGODB.md)`,
              ...lacking.map(({ name, found }) => `${name}: ${found}`),
            ].join('\n');
      }),
    ),
  );
}

function checkNode(): DoctorFinding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isSupported = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return {
    check: 'Node.js',
    state: isSupported ? 'good' : 'problem',
    detail: isSupported
      ? process.versions.node
      : `expected ${OLDEST_NODE.join('.')} or newer, found ${process.versions.node}`,
  };
}

async function checkKeys({ workspaceRoot }: RunContext): Promise<DoctorFinding> {
  const path = keyFilePath(workspaceRoot);
  try {
    await openLocalKeyFile(path);
    return { check: 'Encryption keys', state: 'good', detail: path };
  } catch (thrown) {
    return { check: 'Encryption keys', state: 'problem', detail: errorMessage(thrown) };
  }
}

async function checkFolder({ workspaceRoot }: RunContext): Promise<DoctorFinding> {
  return attempt('Workspace', async () => {
    await access(workspaceRoot, constants.W_OK);
    return workspaceRoot;
  });
}

/** Logs in and asks for what migrations need: the right to create, and on MongoDB transactions. */
function checkDomain(context: RunContext, domain: WorkspaceDomain): Promise<string> {
  const { url, label } = serverOf(context, domain);
  const connection = { url, applicationName: 'finova-db doctor', connectTimeoutMs: 3_000 };
  if (domain.engine === 'mongodb') {
    return withMongoClient(connection, async (client) => {
      const { product, hasTransactions } = await describeMongo(client);
      if (!hasTransactions) {
        throw new Error(`${product} runs alone: expected a replica set or a sharded cluster`);
      }
      return label;
    });
  }
  return withPostgresClient(connection, async (client) => {
    const { rows } = await client.query<{ version: number; may_create: boolean; user: string }>(
      `SELECT current_setting('server_version_num')::int AS version, current_user AS user,
         has_database_privilege(current_database(), 'CREATE') AS may_create`,
    );
    const [found] = rows;
    if (found === undefined || found.version < OLDEST_POSTGRES) {
      throw new Error(`expected PostgreSQL 15 or newer, found ${found?.version}`);
    }
    if (!found.may_create) {
      throw new Error(`user ${found.user} may not create schemas; run GRANT CREATE ON DATABASE … TO ${found.user}`);
    }
    return label;
  });
}

async function attempt(check: string, run: () => Promise<string>): Promise<DoctorFinding> {
  try {
    return { check, state: 'good', detail: await run() };
  } catch (thrown) {
    return { check, state: 'problem', detail: errorMessage(thrown) };
  }
}
