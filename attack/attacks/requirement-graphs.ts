import { type GraphDomain, orderMigrations, RequirementCycleError } from '@finova/orchestrator';
import type { Attack } from '../harness/attack.ts';
import type { Random } from '../harness/random.ts';

/** Random graphs: a valid, deterministic order where there is one, and every circle found, as a path that is one. */
export const requirementGraphs: Attack = {
  name: 'requirement-graphs',
  async run({ random, count }) {
    const graphs = count({ full: 200, short: 200, tiny: 50 });
    const failures: string[] = [];
    let circles = 0;
    for (let index = 0; index < graphs; index += 1) {
      const graph = makeGraph(random);
      const order = orderMigrations(graph);
      if (!isValid(graph, order)) {
        failures.push(`graph ${index}: the order breaks an edge: ${order.join(' ')}`);
      }
      if (orderMigrations(random.shuffle(graph)).join() !== order.join()) {
        failures.push(`graph ${index}: the order depends on how the graph is written down`);
      }
      const broken = plantCircle(random, graph, order);
      if (broken !== undefined) {
        circles += 1;
        failures.push(...checkCircle(broken).map((problem) => `graph ${index}: ${problem}`));
      }
    }
    return { done: `${graphs} random graphs, ${circles} circles planted into them`, failures };
  },
};

/** What is required points at what a random valid run has done before, so there is no circle. */
function makeGraph(random: Random): GraphDomain[] {
  const names = Array.from({ length: 2 + random.below(4) }, (_, index) => `domain-${index}`);
  const migrations = new Map(names.map((name) => [name, [] as { name: string; requires: string[] }[]]));
  const done: string[] = [];
  for (let step = 0; step < 5 + random.below(30); step += 1) {
    const owner = random.pick(names);
    const own = migrations.get(owner) ?? [];
    const requires = done.length === 0 ? [] : Array.from({ length: random.below(3) }, () => random.pick(done));
    const name = String(own.length + 1).padStart(3, '0');
    own.push({ name, requires: [...new Set(requires)] });
    done.push(`${owner}/${name}`);
  }
  return names.map((name) => ({ name, dependsOn: [], migrations: migrations.get(name) ?? [] }));
}

function isValid(graph: readonly GraphDomain[], order: readonly string[]): boolean {
  const place = new Map(order.map((id, index) => [id, index]));
  const total = graph.reduce((sum, { migrations }) => sum + migrations.length, 0);
  return (
    order.length === total &&
    graph.every(({ name, migrations }) =>
      migrations.every((migration, index) => {
        const at = place.get(`${name}/${migration.name}`) ?? -1;
        const before = index === 0 ? [] : [`${name}/${migrations[index - 1]?.name}`];
        return [...before, ...migration.requires].every((id) => (place.get(id) ?? Number.NaN) < at);
      }),
    )
  );
}

/** Makes something early require something late that stands on it. */
function plantCircle(
  random: Random,
  graph: readonly GraphDomain[],
  order: readonly string[],
): GraphDomain[] | undefined {
  const edges = graph.flatMap(({ name, migrations }) =>
    migrations.flatMap((migration) => migration.requires.map((id) => [`${name}/${migration.name}`, id] as const)),
  );
  if (edges.length === 0 || order.length < 2) {
    return undefined;
  }
  const [late, early] = random.pick(edges);
  return graph.map((domain) => ({
    ...domain,
    migrations: domain.migrations.map((migration) =>
      `${domain.name}/${migration.name}` === early
        ? { ...migration, requires: [...migration.requires, late] }
        : migration,
    ),
  }));
}

function checkCircle(graph: readonly GraphDomain[]): string[] {
  try {
    orderMigrations(graph);
    return ['a circle was not found'];
  } catch (thrown) {
    if (!(thrown instanceof RequirementCycleError)) {
      return [`a circle was reported as ${String(thrown)}`];
    }
    const { path } = thrown;
    const isClosed = path.length > 1 && path[0] === path.at(-1);
    const isReal = path.slice(1).every((to, index) => standsOn(graph, path[index] ?? '', to));
    return isClosed && isReal ? [] : [`the circle is no path: ${path.join(' → ')}`];
  }
}

/** Whether one migration has to come after another: it requires it, or comes later in the same domain. */
function standsOn(graph: readonly GraphDomain[], id: string, other: string): boolean {
  const [domain, name] = id.split('/');
  const [otherDomain, otherName = ''] = other.split('/');
  const own = graph.find((candidate) => candidate.name === domain)?.migrations ?? [];
  const requires = own.find((migration) => migration.name === name)?.requires ?? [];
  return requires.includes(other) || (domain === otherDomain && otherName <= (name ?? ''));
}
