import { listMigrationFiles, loadMigration, type Migrator, withMigrator } from '@finova/db-kit/migrations';
import { readStructure } from '../drift/read-structure.ts';
import { structureDifferences } from '../drift/structure-differences.ts';
import { engineOptions, type RunContext } from '../run/run-context.ts';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import { readData, readSurroundings, type TableData } from './read-data.ts';
import type { RoundTripFinding } from './round-trip-finding.ts';

/** A domain's database at one moment. */
interface Snapshot {
  readonly structure: readonly string[];
  readonly surroundings: readonly string[];
  readonly data: ReadonlyMap<string, TableData>;
}

/**
 * Takes the migrations of one domain up one by one, then each down and up again, newest first, with data in the
 * database, and reports everything that did not come back as it was.
 *
 * @param scratch - throw-away databases in which what the domain depends on is migrated and seeded.
 * @param addData - puts development data into the migrated domain.
 * @returns what was found; the domain is left migrated, with data.
 */
export async function roundTripDomain(
  scratch: RunContext,
  domain: WorkspaceDomain,
  addData: () => Promise<void>,
): Promise<RoundTripFinding[]> {
  const findings: RoundTripFinding[] = [];
  const report = (migration: string | undefined, problem: RoundTripFinding['problem'], detail: string) =>
    findings.push({ domain: domain.name, migration, problem, detail });
  const look = (): Promise<Snapshot> => takeSnapshot(scratch, domain);
  const steps = await readSteps(domain);
  // One migrator for all of it: connecting, locking and checking the history takes longer than most migrations.
  const goRound = async (migrator: Migrator) => {
    const before = [await look()];
    for (const step of steps) {
      before.push(await takeStepUp(step, before.at(-1), look, migrator, report));
    }
    await addData();
    for (const [index, { name, lossy, irreversible }] of [...steps.entries()].reverse()) {
      if (irreversible !== undefined) {
        report(name, 'skipped', `it has no way back: ${irreversible}`);
        break;
      }
      const full = await look();
      await migrator.down({ names: [name] });
      const reverted = await look();
      reportStructure(name, before[index], reverted, 'down', report);
      reportSharedData(name, full, reverted, lossy, report);
      await migrator.up({ names: [name] });
      const again = await look();
      reportStructure(name, before[index + 1], again, 'down and up again', report);
      if (lossy === undefined) {
        reportData(name, 'down and up again', full, again, report);
      }
      await migrator.down({ names: [name] });
    }
    await migrator.up();
    await addData();
  };
  try {
    await withMigrator(engineOptions(scratch, domain), goRound);
  } catch (thrown) {
    report(undefined, 'failed', thrown instanceof Error ? thrown.message : String(thrown));
  }
  return findings;
}

interface Step {
  readonly name: string;
  readonly lossy: string | undefined;
  readonly irreversible: string | undefined;
}

/**
 * Applies a migration, and looks right away whether its `down` brings back what was there before, rows included: those
 * that earlier migrations made are all there is yet, so nothing hides a row that was changed and not changed back.
 */
async function takeStepUp(
  { name, lossy, irreversible }: Step,
  before: Snapshot | undefined,
  look: () => Promise<Snapshot>,
  migrator: Migrator,
  report: Report,
): Promise<Snapshot> {
  await migrator.up({ names: [name] });
  const after = await look();
  if (irreversible !== undefined) {
    return after;
  }
  await migrator.down({ names: [name] });
  const reverted = await look();
  if (lossy === undefined && before !== undefined) {
    reportData(name, 'up and down', before, reverted, report);
  }
  await migrator.up({ names: [name] });
  return after;
}

type Report = (migration: string | undefined, problem: RoundTripFinding['problem'], detail: string) => void;

async function takeSnapshot(context: RunContext, domain: WorkspaceDomain): Promise<Snapshot> {
  const [structure, surroundings, data] = await Promise.all([
    readStructure(context, domain),
    readSurroundings(context, domain),
    readData(context, domain),
  ]);
  return { structure, surroundings, data };
}

async function readSteps(domain: WorkspaceDomain): Promise<Step[]> {
  return Promise.all(
    (await listMigrationFiles(domain)).map(async (file) => {
      const { lossy, irreversible } = await loadMigration(domain, file);
      return { name: file.name, lossy, irreversible };
    }),
  );
}

function reportStructure(
  name: string,
  expected: Snapshot | undefined,
  found: Snapshot,
  after: string,
  report: Report,
): void {
  for (const { kind, object } of structureDifferences(expected?.structure ?? [], found.structure)) {
    report(name, 'structure', `after ${after}, ${object} is ${kind}`);
  }
  const [wanted, there] = [new Set(expected?.surroundings), new Set(found.surroundings)];
  for (const line of there) {
    if (!wanted.has(line)) {
      report(name, 'left behind', `after ${after}, outside the domain: ${line}`);
    }
  }
  for (const line of wanted) {
    if (!there.has(line)) {
      report(name, 'left behind', `after ${after}, missing outside the domain: ${line}`);
    }
  }
}

/** A table that is there before and after a `down` has kept its rows, or the loss is declared. */
function reportSharedData(
  name: string,
  full: Snapshot,
  reverted: Snapshot,
  lossy: string | undefined,
  report: Report,
): void {
  if (lossy !== undefined) {
    return;
  }
  for (const [table, { count }] of full.data) {
    const now = reverted.data.get(table);
    if (now !== undefined && now.count !== count) {
      report(name, 'undeclared loss', `down leaves ${now.count} of ${count} rows in ${table}`);
    }
  }
}

function reportData(name: string, way: string, full: Snapshot, again: Snapshot, report: Report): void {
  for (const [table, { count, digest, columns }] of full.data) {
    const now = again.data.get(table);
    if (now === undefined || now.digest === digest) {
      continue;
    }
    const changed = [...columns]
      .filter(([column, value]) => now.columns.get(column) !== value)
      .map(([column]) => column);
    const what = changed.length > 0 ? ` (columns ${changed.join(', ')})` : '';
    report(
      name,
      'data',
      `${way} leave ${now.count} of ${count} rows in ${table}, not as they were${what}; correct its down, or declare what is lost in lossy`,
    );
  }
}
