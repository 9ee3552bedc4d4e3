// @ts-check
// Prints the workspace projects of the Nx project graph and their edges as JSON. Run by project-graph.ts.
import { createProjectGraphAsync } from '@nx/devkit';

const { nodes, dependencies } = await createProjectGraphAsync({ exitOnError: false });
const projects = Object.values(nodes)
  .map((node) => ({
    name: node.name,
    root: node.data.root,
    dependsOn: (dependencies[node.name] ?? [])
      .map(({ target }) => target)
      .filter((target) => target in nodes)
      .sort(),
  }))
  .sort((left, right) => (left.name < right.name ? -1 : 1));
process.stdout.write(JSON.stringify({ projects }), () => {
  // Nx keeps handles open that nobody waits for.
  process.exit(0);
});
