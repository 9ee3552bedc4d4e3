import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDomain } from '@finova/db-kit/migrations';
import { orderDomains } from './domain-order.ts';
import { readProjectGraph } from './project-graph.ts';
import type { WorkspaceDomain } from './workspace-domain.ts';

/**
 * The workspace's domains in the order of the Nx project graph, dependencies first.
 *
 * @throws {ProjectGraphError | InvalidDomainManifestError | DomainCycleError}
 */
export async function readWorkspaceDomains(workspaceRoot: string): Promise<WorkspaceDomain[]> {
  const { projects } = await readProjectGraph(workspaceRoot);
  const domainProjects = projects.filter(({ root }) => existsSync(join(workspaceRoot, root, 'database.json')));
  const names = new Set(domainProjects.map(({ name }) => name));
  const domains = await Promise.all(
    domainProjects.map(async ({ name, root, dependsOn }) => {
      const folder = join(workspaceRoot, root);
      const { name: packageName } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
        name: string;
      };
      return {
        ...(await readDomain(folder)),
        name,
        folder,
        packageName,
        dependsOn: dependsOn.filter((target) => names.has(target)),
      };
    }),
  );
  return orderDomains(domains);
}
