import { join } from 'node:path';
import { createLocalKeyFile, FieldEncryption, openLocalKeyFile } from '@finova/db-kit/encryption';
import type { EngineOptions, RunIdentity } from '@finova/db-kit/migrations';
import { dataFolder, type ServerSource } from '@finova/local-databases';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** The server of one domain, as chosen for this run. */
export interface DomainServer {
  /** With credentials; never printed. */
  readonly url: string;
  /** For tables, without secrets. */
  readonly label: string;
  /** How it was found. */
  readonly source: ServerSource;
}

/** What every operation over several domains needs. */
export interface RunContext {
  readonly workspaceRoot: string;
  /** All domains of the workspace, dependencies first. */
  readonly domains: readonly WorkspaceDomain[];
  /** The server of each domain, by domain name. */
  readonly servers: ReadonlyMap<string, DomainServer>;
  readonly identity: RunIdentity;
  /** How long to wait for another runner's migration lock. */
  readonly lockTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Applies migrations that are older than applied ones instead of refusing them. Default `false`. */
  readonly allowOutOfOrder?: boolean | undefined;
  /** MongoDB: how long a lock outlives a holder that is gone. */
  readonly leaseMs?: number | undefined;
}

/** What db-kit's migrator needs for one domain of a run. */
export function engineOptions(context: RunContext, domain: WorkspaceDomain): EngineOptions {
  return {
    domain,
    url: serverOf(context, domain).url,
    identity: context.identity,
    lockTimeoutMs: context.lockTimeoutMs,
    signal: context.signal,
    allowOutOfOrder: context.allowOutOfOrder,
    leaseMs: context.leaseMs,
    cacheFolder: join(context.workspaceRoot, 'node_modules', '.cache', 'finova-db'),
  };
}

/** The server chosen for a domain. */
export function serverOf(context: RunContext, domain: WorkspaceDomain): DomainServer {
  const server = context.servers.get(domain.name);
  if (server === undefined) {
    throw new Error(`No server was chosen for ${domain.name}`);
  }
  return server;
}

/** Where the encryption keys are: `FINOVA_KEY_FILE`, else `keys.json` in the workspace's ignored data folder. */
export function keyFilePath(workspaceRoot: string, environment = process.env): string {
  return environment['FINOVA_KEY_FILE'] ?? join(dataFolder(workspaceRoot), 'keys.json');
}

/**
 * Makes the workspace's own key file when it is missing; never one that `FINOVA_KEY_FILE` names, which somebody else
 * looks after.
 *
 * @returns its path when it was made now.
 */
export async function ensureOwnKeyFile(workspaceRoot: string, environment = process.env): Promise<string | undefined> {
  const path = keyFilePath(workspaceRoot, environment);
  const created = environment['FINOVA_KEY_FILE'] === undefined && (await createLocalKeyFile(path));
  return created ? path : undefined;
}

/**
 * Opens the encryption keys of this workspace.
 *
 * @throws {KeyFileMissingError | KeyFileUnsafeError | KeyFileInvalidError}
 */
export async function openEncryption(workspaceRoot: string, environment = process.env): Promise<FieldEncryption> {
  return new FieldEncryption(await openLocalKeyFile(keyFilePath(workspaceRoot, environment)));
}
