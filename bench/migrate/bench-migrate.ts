import { join } from 'node:path';
import { errorMessage } from '@finova/db-kit';
import { BENCH_CACHE_FOLDER } from '../harness/cache-folder.ts';
import { type CreateDatabase, withFreshDatabases } from '../harness/fresh-database.ts';
import { interleave } from '../harness/interleave.ts';
import { ratiosToJson } from '../harness/ratio.ts';
import { withBenchServer } from '../harness/with-bench-server.ts';
import { type BenchArguments, parseBenchArguments } from './arguments.ts';
import { measureRunner, type RunnerResult, removeRuns } from './measure-runner.ts';
import type { MigrationRunner } from './migration-runner.ts';
import { migrateRatios, type RunnerResults, renderReport } from './report.ts';
import { finovaDb } from './runners/index.ts';

/** Progress goes to standard error: with `--json`, standard output holds the result alone. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function homeOf(runner: MigrationRunner): string {
  return join(BENCH_CACHE_FOLDER, runner.name);
}

async function installPeers(peers: readonly MigrationRunner[]): Promise<MigrationRunner[]> {
  const installed: MigrationRunner[] = [];
  for (const peer of peers) {
    try {
      await peer.install(homeOf(peer));
      installed.push(peer);
    } catch (thrown) {
      say(`Skipped ${peer.name}: ${errorMessage(thrown)}`);
    }
  }
  return installed;
}

async function measureAll(
  sides: readonly MigrationRunner[],
  createDatabase: CreateDatabase,
  { runs, migrations }: BenchArguments,
  interruption: AbortSignal,
): Promise<Map<MigrationRunner, RunnerResult[]>> {
  const results = new Map<MigrationRunner, RunnerResult[]>(sides.map((side) => [side, []]));
  await interleave(sides, runs, async (side, round) => {
    interruption.throwIfAborted();
    const result = await measureRunner(side, homeOf(side), createDatabase, migrations);
    results.get(side)?.push(result);
    const [appliedMs, noOpMs] = [result.applied, result.noOp].map(({ durationMs }) => Math.round(durationMs));
    say(`Run ${round + 1} of ${runs}: ${side.name} applied in ${appliedMs} ms, no-op in ${noOpMs} ms`);
  });
  return results;
}

async function main(): Promise<void> {
  const options = parseBenchArguments(process.argv.slice(2));
  const interruption = new AbortController();
  // Ctrl-C ends the runner that is being measured too; what was made for it is then removed, not left behind.
  process.once('SIGINT', () => {
    say('Interrupted: removing what was made');
    interruption.abort();
  });
  await finovaDb.install(homeOf(finovaDb));
  const peers = await installPeers(options.peers);
  await withBenchServer(async (server) => {
    say(`${options.migrations} migrations, ${options.runs} runs, on ${server.label}`);
    const all = [finovaDb, ...peers];
    const measured = await withFreshDatabases(server.url, (createDatabase) =>
      measureAll(all, createDatabase, options, interruption.signal),
    ).finally(() => Promise.all(all.map((runner) => removeRuns(homeOf(runner)))));
    const resultsOf = (runner: MigrationRunner): RunnerResults => ({ runner, results: measured.get(runner) ?? [] });
    const sides = [resultsOf(finovaDb), peers.map(resultsOf)] as const;
    process.stdout.write(`${options.json ? ratiosToJson(migrateRatios(...sides)) : renderReport(...sides)}\n`);
  });
}

await main().catch((thrown: unknown) => {
  say(errorMessage(thrown));
  process.exitCode = 1;
});
