import { median } from '../harness/median.ts';
import { atMost, type Ratios } from '../harness/ratio.ts';
import { renderRatios, renderTable } from '../harness/table.ts';
import type { RunnerResult } from './measure-runner.ts';
import type { MigrationRunner } from './migration-runner.ts';

const NO_OP_LIMIT_MS = 200;
const MEMORY_LIMIT_MB = 200;

/** A runner with all its results, one per run. */
export interface RunnerResults {
  readonly runner: MigrationRunner;
  readonly results: readonly RunnerResult[];
}

/** The medians of a runner; `undefined` where nothing was measured. */
interface Medians {
  readonly appliedMs: number;
  readonly noOpMs: number;
  readonly commits: number;
  readonly peakMemoryMb: number | undefined;
}

function mediansOf({ results }: RunnerResults): Medians {
  const memories = results.flatMap(({ applied }) => applied.peakMemoryMb ?? []);
  return {
    appliedMs: median(results.map(({ applied }) => applied.durationMs)),
    noOpMs: median(results.map(({ noOp }) => noOp.durationMs)),
    commits: median(results.map(({ commits }) => commits)),
    peakMemoryMb: memories.length === 0 ? undefined : median(memories),
  };
}

/**
 * What is held against the targets. A peer that puts all migrations into one transaction promises less and is not
 * among them; the table shows it.
 */
export function migrateRatios(own: RunnerResults, peers: readonly RunnerResults[]): Ratios {
  const { appliedMs, noOpMs, peakMemoryMb } = mediansOf(own);
  return {
    ...Object.fromEntries(
      peers
        .filter(({ runner }) => runner.transactions !== 'one for all')
        .map((peer) => [`applied against ${peer.runner.name}`, atMost(appliedMs / mediansOf(peer).appliedMs, 1)]),
    ),
    'no-op ms': atMost(noOpMs, NO_OP_LIMIT_MS),
    ...(peakMemoryMb === undefined ? {} : { 'memory MB': atMost(peakMemoryMb, MEMORY_LIMIT_MB) }),
  };
}

/** The medians of all sides, and below them what is held against the targets. */
export function renderReport(own: RunnerResults, peers: readonly RunnerResults[]): string {
  const ownAppliedMs = mediansOf(own).appliedMs;
  const rows = [own, ...peers].map((side) => {
    const { appliedMs, noOpMs, commits, peakMemoryMb } = mediansOf(side);
    return [
      side.runner.name,
      side.runner.transactions,
      Math.round(commits).toString(),
      side.runner.measured,
      Math.round(appliedMs).toString(),
      noOpMs.toFixed(noOpMs < 10 ? 1 : 0),
      peakMemoryMb?.toFixed(0),
      (ownAppliedMs / appliedMs).toFixed(2),
    ];
  });
  const head = ['runner', 'transactions', 'commits', 'measured', 'applied ms', 'no-op ms', 'peak MB', 'finova-db / it'];
  return `${renderTable(head, rows)}\n\n${renderRatios(migrateRatios(own, peers))}`;
}
