import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { orderDomains } from './domain-order.ts';
import { isNxWorkspace } from './find-workspace.ts';
import { readInstalledGraph } from './installed-domains.ts';
import { readProjectGraph } from './project-graph.ts';
import type { WorkspaceDomain } from './workspace-domain.ts';

/**
 * The workspace's domains in the order of the Nx project graph, dependencies first; in any other project, the domains
 * that it has installed, in the order of their dependencies.
 *
 * `FINOVA_MONGODB_DATABASE_SUFFIX` is added to the name of every MongoDB database, so that several copies of the
 * workspace, such as review apps and tests, can share one server. PostgreSQL needs no such thing: its URL names the
 * database.
 *
 * @throws {ProjectGraphError | InvalidDomainManifestError | DomainCycleError}
 */
export async function readWorkspaceDomains(
  workspaceRoot: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<WorkspaceDomain[]> {
  const { projects } = isNxWorkspace(workspaceRoot)
    ? await readProjectGraph(workspaceRoot)
    : readInstalledGraph(workspaceRoot);
  const domainProjects = projects.filter(({ root }) => existsSync(join(workspaceRoot, root, 'database.json')));
  const names = new Set(domainProjects.map(({ name }) => name));
  const domains = await Promise.all(
    domainProjects.map(async ({ name, root, dependsOn }) => {
      const folder = join(workspaceRoot, root);
      const domain = await readDomain(folder);
      const suffix = domain.engine === 'mongodb' ? (environment['FINOVA_MONGODB_DATABASE_SUFFIX'] ?? '') : '';
      const { name: packageName } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
        name: string;
      };
      return {
        ...domain,
        name,
        namespace: `${domain.namespace}${suffix}`,
        folder,
        packageName,
        dependsOn: dependsOn.filter((target) => names.has(target)),
      };
    }),
  );
  return orderDomains(domains);
}
