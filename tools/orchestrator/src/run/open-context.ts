import { readRunIdentity } from '@finova/db-kit/migrations';
import { type DatabaseEngine, type DatabaseServer, domainServer, selectServers } from '@finova/local-databases';
import type { CommandEnvironment } from '../cli/command-environment.ts';
import { printNotice } from '../cli/output.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import { findWorkspace } from '../workspace/find-workspace.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { readWorkspaceDomains } from '../workspace/workspace-domains.ts';
import type { DomainServer, RunContext } from './run-context.ts';
import { InvalidLeaseError } from './run-errors.ts';

/**
 * Reads the workspace and finds the servers that the named domains and what they depend on live on.
 *
 * @param names - none for all domains.
 * @throws {WorkspaceNotFoundError | UnknownDomainError} before any server is looked for.
 */
export async function openContext(environment: CommandEnvironment, names: readonly string[]): Promise<RunContext> {
  const workspaceRoot = findWorkspace(environment.workingFolder);
  const domains = await readWorkspaceDomains(workspaceRoot);
  withDependencies(domains, names);
  const [servers, identity] = await Promise.all([
    findServers(environment, workspaceRoot, domains),
    readRunIdentity(workspaceRoot),
  ]);
  return {
    workspaceRoot,
    domains,
    servers,
    identity,
    lockTimeoutMs: environment.options.lockTimeoutMs,
    signal: environment.signal,
    leaseMs: leaseFromEnvironment(),
  };
}

async function findServers(
  { output, options }: CommandEnvironment,
  workspaceRoot: string,
  domains: readonly WorkspaceDomain[],
): Promise<Map<string, DomainServer>> {
  const own = new Map<string, DatabaseServer>();
  for (const domain of domains) {
    const server = await domainServer(domain.name, domain.engine);
    if (server !== undefined) {
      own.set(domain.name, server);
    }
  }
  const engines = [...new Set(domains.filter(({ name }) => !own.has(name)).map(({ engine }) => engine))];
  const shared = await selectServers({
    workspaceRoot,
    purpose: 'command',
    engines,
    onProgress: (line) => printNotice(output, line),
  });
  if (!options.json) {
    for (const [name, server] of [...own, ...Object.entries(shared)]) {
      printNotice(output, `${name}: ${server.label} (${server.reason})`);
    }
  }
  return new Map(domains.map((domain) => [domain.name, own.get(domain.name) ?? requireServer(shared, domain.engine)]));
}

function requireServer(
  servers: Partial<Record<DatabaseEngine, DatabaseServer>>,
  engine: DatabaseEngine,
): DatabaseServer {
  const server = servers[engine];
  if (server === undefined) {
    throw new Error(`No ${engine} server was selected`);
  }
  return server;
}

/** `FINOVA_LEASE_MS`; `undefined` for the migrator's own choice. */
function leaseFromEnvironment(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const text = environment['FINOVA_LEASE_MS'];
  if (text === undefined) {
    return undefined;
  }
  const leaseMs = Number(text);
  if (!Number.isSafeInteger(leaseMs) || leaseMs < 1_000) {
    throw new InvalidLeaseError(text);
  }
  return leaseMs;
}
