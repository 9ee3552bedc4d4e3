import { type DomainSeedResult, sample, seed } from '../commands/seed.ts';
import { type DomainUpResult, up } from '../commands/up.ts';
import { openContext } from '../run/open-context.ts';
import { ensureOwnKeyFile, openEncryption, type RunContext } from '../run/run-context.ts';
import type { Outcome } from '../run/run-in-order.ts';
import { withDependencies } from '../workspace/domain-order.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { describeOutcomes, printFailures } from './outcomes.ts';
import { counted, formatDuration, type Output, printJson, printLine, printNotice, printTable } from './output.ts';
import { planCommand } from './plan-command.ts';
import { printSamples, printSeedCounts } from './seed-command.ts';
import { lineProgress, liveProgress, silentProgress } from './up-progress.ts';

export interface UpCommandOptions {
  readonly to?: string;
  /** commander's form of `--no-dependencies` */
  readonly dependencies: boolean;
  readonly seed?: boolean;
  readonly sample?: boolean;
  readonly allowOutOfOrder?: boolean;
  readonly dryRun?: boolean;
}

/** `finova-db up [domain…]` */
export async function upCommand(
  environment: CommandEnvironment,
  domains: readonly string[],
  options: UpCommandOptions,
): Promise<ExitCode> {
  if (options.dryRun === true) {
    return planCommand(environment, domains, options);
  }
  const { output } = environment;
  const { json, verbose } = environment.options;
  const context = await openContext(environment, domains);
  const progress = json
    ? silentProgress
    : output.isTerminal
      ? liveProgress(withDependencies(context.domains, domains))
      : lineProgress(output);
  const notes: string[] = [];
  const outcomes = await up(
    { ...context, allowOutOfOrder: options.allowOutOfOrder },
    {
      domains,
      to: options.to,
      includeDependencies: options.dependencies,
      hooks: {
        ...progress.hooks,
        onNote: (domain, migration, note) => notes.push(`${domain}/${migration}: ${note}`),
      },
    },
  ).finally(() => progress.finish());
  for (const note of json ? [] : notes) {
    printNotice(output, note);
  }
  const { done, ...rest } = describeOutcomes(outcomes);
  if (!json && done.length > 0) {
    printUpTable(output, done);
  }
  printFailures(output, outcomes, verbose, 'migrated');
  const migrated = done.length === outcomes.size;
  if (!json && migrated) {
    const applied = done.reduce((sum, result) => sum + result.applied.length, 0);
    const repeatables = done.reduce((sum, result) => sum + result.repeatables.length, 0);
    printLine(output, describeTotals(applied, repeatables));
  }
  await makeKeys(environment, context, options.seed === true);
  const seeded = migrated && options.seed === true ? await seedAll(environment, context, domains) : undefined;
  if (json) {
    printJson(output, {
      domains: done,
      ...rest,
      ...(notes.length === 0 ? {} : { notes }),
      ...(seeded === undefined ? {} : { seeded: describeOutcomes(seeded).done }),
    });
  }
  if (!json && migrated && options.sample === true) {
    printSamples(output, await sample(context, domains, () => openEncryption(context.workspaceRoot)));
  }
  const seededAll = seeded === undefined || [...seeded.values()].every(({ state }) => state === 'done');
  return migrated && seededAll ? ExitCode.done : ExitCode.failed;
}

function describeTotals(applied: number, repeatables: number): string {
  if (applied === 0 && repeatables === 0) {
    return 'Nothing to apply: every domain is up to date';
  }
  const texts = repeatables === 0 ? '' : ` and ${counted(repeatables, 'repeatable')}`;
  return `Applied ${counted(applied, 'migration')}${texts}`;
}

/** Development data and embedded servers get keys by themselves; servers of others only the keys they are given. */
async function makeKeys({ output }: CommandEnvironment, context: RunContext, seeds: boolean): Promise<void> {
  if (seeds || [...context.servers.values()].some(({ source }) => source === 'embedded')) {
    const made = await ensureOwnKeyFile(context.workspaceRoot);
    if (made !== undefined) {
      printNotice(output, `Made encryption keys for development: ${made} (mode 0600)`);
    }
  }
}

async function seedAll(
  { output, options }: CommandEnvironment,
  context: RunContext,
  domains: readonly string[],
): Promise<Map<string, Outcome<DomainSeedResult>>> {
  const seeded = await seed(context, domains, () => openEncryption(context.workspaceRoot));
  if (!options.json) {
    printSeedCounts(output, describeOutcomes(seeded).done);
  }
  printFailures(output, seeded, options.verbose, 'seeded');
  return seeded;
}

function printUpTable(output: Output, results: readonly DomainUpResult[]): void {
  printTable(
    output,
    ['Domain', 'Engine', 'Server', 'Applied now', 'Applied in all', 'Duration'],
    results.map((result) => [
      result.domain,
      result.engine,
      result.server,
      String(result.applied.length),
      String(result.total),
      formatDuration(result.durationMs),
    ]),
  );
}
