// Plain JavaScript, because it runs without a loader in front of it: a loader would be measured too.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const SAMPLE_INTERVAL_MS = 50;

/**
 * Runs the work of a driver, and prints what it took as one line of JSON.
 *
 * @param {() => Promise<void>} work
 */
export async function reportMeasurement(work) {
  let sampledBytes = 0;
  const sample = () => {
    const helpersBytes = helperProcesses().reduce((sum, pid) => sum + residentBytes(pid), 0);
    // Without helpers the process's own peak, which the system keeps, is exact.
    sampledBytes = helpersBytes === 0 ? sampledBytes : Math.max(sampledBytes, process.memoryUsage.rss() + helpersBytes);
  };
  const sampling = setInterval(sample, SAMPLE_INTERVAL_MS);
  const startedAtMs = performance.now();
  await work();
  const durationMs = performance.now() - startedAtMs;
  sample();
  clearInterval(sampling);
  const ownBytes = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`${JSON.stringify({ durationMs, peakMemoryMb: Math.max(ownBytes, sampledBytes) / 1e6 })}\n`);
}

/** The processes that this one started and that still run; none where the platform does not tell. */
function helperProcesses() {
  return readOrEmpty(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean);
}

function residentBytes(pid) {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** A process may end between two looks at it. */
function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
