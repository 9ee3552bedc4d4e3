import { listMigrationFiles, loadMigration, type Migrator, type RecordedStatement } from '@finova/db-kit/migrations';
import { orderMigrations } from '../plan/migration-graph.ts';
import { readMigrationGraph } from '../plan/plan-down.ts';
import { selectDomains } from '../plan/select-domains.ts';
import type { RunContext } from '../run/run-context.ts';
import { withMigrators } from '../run/with-migrators.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** What one migration sent on its way up and on its way down. */
export interface RecordedMigration {
  readonly up: readonly RecordedStatement[];
  /** Empty, too, where it has no way down. */
  readonly down: readonly RecordedStatement[];
}

/**
 * Takes migrations up and down on empty throw-away databases and writes down what they send. A `down` runs where
 * nothing came after its migration, or where all of that was reverted: one that fails, or that leaves what is in the
 * way of the others, makes it go on in fresh databases. What fails there is left to `roundtrip`.
 *
 * @param names - domains; none for all. What they stand on is recorded with them.
 * @returns by `<domain>/<migration>`, in the order in which they run.
 * @throws {MigrationFailedError} when one cannot be applied.
 */
export async function recordMigrations(
  context: RunContext,
  names: readonly string[],
): Promise<Map<string, RecordedMigration>> {
  const ups = new Map<string, RecordedStatement[]>();
  const downs = new Map<string, RecordedStatement[]>();
  let open: string[] | undefined;
  do {
    open = await withScratchServers(context, async (scratch) => {
      const domains = await selectDomains(scratch, names, true);
      const order = await runOrder(scratch, domains);
      const reversible = await reversibleOf(domains);
      const wanted = open ?? order.filter((id) => reversible.has(id));
      const applied = open === undefined ? order : order.slice(0, order.indexOf(open.at(-1) ?? '') + 1);
      await record(scratch, domains, ups, downs, async (migrate) => {
        for (const id of applied) {
          ups.set(id, []);
          await migrate(id, 'up');
        }
        await takeDown(applied, reversible, downs, migrate);
      });
      return wanted.filter((id) => !downs.has(id));
    });
  } while (open.length > 0);
  return new Map([...ups].map(([id, up]) => [id, { up, down: downs.get(id) ?? [] }]));
}

type Migrate = (id: string, direction: 'up' | 'down') => Promise<unknown>;

/** Newest first, until one has no way down or fails. Only what the first one of them sent before it failed is kept. */
async function takeDown(
  applied: readonly string[],
  reversible: ReadonlySet<string>,
  downs: Map<string, RecordedStatement[]>,
  migrate: Migrate,
): Promise<void> {
  for (const [index, id] of applied.toReversed().entries()) {
    if (!reversible.has(id)) {
      return;
    }
    downs.set(id, []);
    try {
      await migrate(id, 'down');
    } catch {
      if (index > 0) {
        downs.delete(id);
      }
      return;
    }
  }
}

async function record(
  scratch: RunContext,
  domains: readonly WorkspaceDomain[],
  ups: ReadonlyMap<string, RecordedStatement[]>,
  downs: ReadonlyMap<string, RecordedStatement[]>,
  use: (migrate: Migrate) => Promise<void>,
): Promise<void> {
  const hooks = (domain: string) => ({
    onStatement: (statement: RecordedStatement) => {
      const recorded = statement.direction === 'up' ? ups : downs;
      recorded.get(`${domain}/${statement.migration}`)?.push(statement);
    },
  });
  await withMigrators(scratch, domains, { hooks }, ({ migrators }) =>
    use(async (id, direction) => {
      const [domain = '', name = ''] = id.split('/');
      const migrator = migrators.get(domain) as Migrator;
      // Repeatables are no part of any migration.
      await (direction === 'up' ? migrator.up({ names: [name], repeatables: [] }) : migrator.down({ names: [name] }));
    }),
  );
}

async function runOrder(context: RunContext, domains: readonly WorkspaceDomain[]): Promise<string[]> {
  const selected = new Set(domains.map(({ name }) => name));
  const order = orderMigrations(await readMigrationGraph(context));
  return order.filter((id) => selected.has(id.slice(0, id.indexOf('/'))));
}

async function reversibleOf(domains: readonly WorkspaceDomain[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const domain of domains) {
    for (const file of await listMigrationFiles(domain)) {
      if ((await loadMigration(domain, file)).irreversible === undefined) {
        found.add(`${domain.name}/${file.name}`);
      }
    }
  }
  return found;
}
