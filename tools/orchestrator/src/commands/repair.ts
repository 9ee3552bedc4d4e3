import {
  findInvalidIndexes,
  type JournalRow,
  listMigrationFiles,
  loadMigration,
  withMigrationReader,
  withMigrator,
} from '@finova/db-kit/migrations';
import { withPostgresClient } from '@finova/db-kit/postgres';
import { engineOptions, type RunContext, serverOf } from '../run/run-context.ts';
import { requireDomain } from '../workspace/require-domain.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';

/** A migration that began and did not end, with what is known of it. */
export interface HalfDoneMigration {
  readonly domain: string;
  readonly migration: string;
  readonly direction: 'up' | 'down';
  readonly startedAt: Date;
  /** `ada on build-7` */
  readonly startedBy: string;
  /** What the last attempt failed with; `undefined` when it never got to say. */
  readonly lastError: string | undefined;
  /** MongoDB: steps in effect. */
  readonly completedSteps: readonly string[];
  /** MongoDB: steps that are not. */
  readonly openSteps: readonly string[];
  /** PostgreSQL: indexes of the domain that a cancelled concurrent build left invalid. */
  readonly invalidIndexes: readonly string[];
  /** What to do. */
  readonly next: string;
}

/**
 * Explains what is half done in a domain, without changing anything.
 *
 * @throws {UnknownDomainError}
 */
export async function explainHalfDone(context: RunContext, name: string): Promise<HalfDoneMigration[]> {
  const domain = requireDomain(context.domains, name);
  const [journal, history] = await withMigrationReader(engineOptions(context, domain), async (reader) => [
    await reader.readJournal(),
    await reader.readHistory(),
  ]);
  const halfDone = journal.filter(({ state }) => state !== 'done');
  const invalidIndexes = halfDone.length === 0 ? [] : await readInvalidIndexes(context, domain);
  return Promise.all(
    halfDone.map(async (row) => {
      const steps = await stepsOf(domain, row.name);
      const lastAttempt = history.findLast(({ migration }) => migration === row.name);
      return {
        domain: domain.name,
        migration: row.name,
        direction: row.state === 'started' ? ('up' as const) : ('down' as const),
        startedAt: row.startedAt,
        startedBy: `${row.actor} on ${row.host}`,
        lastError: lastAttempt?.error ?? undefined,
        completedSteps: row.completedSteps,
        openSteps: steps.filter((step) => !row.completedSteps.includes(step)),
        invalidIndexes,
        next: nextStep(domain, row),
      };
    }),
  );
}

/**
 * Settles a migration that was interrupted outside a transaction, by what its owner found in the database.
 *
 * @param as - `applied`: its `up` is complete; `pending`: nothing of it is left.
 * @throws {UnknownDomainError | UnknownMigrationError | NothingToRepairError}
 */
export async function repair(
  context: RunContext,
  options: { readonly domain: string; readonly migration: string; readonly as: 'applied' | 'pending' },
): Promise<void> {
  const domain = requireDomain(context.domains, options.domain);
  await withMigrator(engineOptions(context, domain), (migrator) => migrator.settle(options.migration, options.as));
}

async function stepsOf(domain: WorkspaceDomain, migration: string): Promise<string[]> {
  const file = (await listMigrationFiles(domain)).find(({ name }) => name === migration);
  if (domain.engine !== 'mongodb' || file === undefined) {
    return [];
  }
  const { steps } = await loadMigration({ ...domain, engine: 'mongodb' }, file);
  return steps.map(({ name }) => name);
}

async function readInvalidIndexes(context: RunContext, domain: WorkspaceDomain): Promise<string[]> {
  if (domain.engine !== 'postgres') {
    return [];
  }
  const connection = { url: serverOf(context, domain).url, applicationName: 'finova-db repair' };
  return withPostgresClient(connection, (client) => findInvalidIndexes(client, domain.namespace));
}

function nextStep(domain: WorkspaceDomain, { name, state }: JournalRow): string {
  if (domain.engine === 'mongodb') {
    return state === 'started'
      ? `run finova-db up ${domain.name}: it goes on at the first open step`
      : `run finova-db down ${domain.name}: it goes on with the steps still in effect`;
  }
  return (
    `look at the database, then run finova-db repair ${domain.name} ${name} --as applied (its up is complete) ` +
    'or --as pending (nothing of it is left)'
  );
}
