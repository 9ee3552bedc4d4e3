// What loading the Nx plugin adds to a command that does nothing else: `nx show projects`, with it and without it.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage } from '@finova/db-kit';
import { interleave } from '../harness/interleave.ts';
import { median } from '../harness/median.ts';
import { atMost, ratiosToJson } from '../harness/ratio.ts';
import { runProgram } from '../harness/run-program.ts';
import { renderRatios, renderTable } from '../harness/table.ts';

const WORKSPACE_ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 50;
/** What comes and goes while tests run is among them. */
const LEFT_OUT = /^(?:node_modules|\.git|\.nx|\.finova|\.scratch|dist)$/;

/** A copy of the workspace with a cache of its own, so that neither side finds what the other has worked out. */
async function copyWorkspace(folder: string, withPlugin: boolean): Promise<void> {
  await cp(WORKSPACE_ROOT, folder, {
    recursive: true,
    filter: (path) =>
      !relative(WORKSPACE_ROOT, path)
        .split('/')
        .some((part) => LEFT_OUT.test(part)),
  });
  await symlink(join(WORKSPACE_ROOT, 'node_modules'), join(folder, 'node_modules'));
  if (!withPlugin) {
    const file = join(folder, 'nx.json');
    const { plugins: _, ...configuration } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify(configuration));
  }
}

async function showProjects(folder: string): Promise<number> {
  // Past npx and the npm in it, which are not what is measured.
  const nx = join(WORKSPACE_ROOT, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const { durationMs } = await runProgram(process.execPath, [nx, 'show', 'projects'], {
    folder,
    environment: {
      NX_DAEMON: 'false',
      NX_WORKSPACE_ROOT_PATH: folder,
      NX_WORKSPACE_DATA_DIRECTORY: join(folder, '.nx', 'data'),
    },
  });
  return durationMs;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '15' }, json: { type: 'boolean', default: false } },
  });
  const folder = await mkdtemp(join(tmpdir(), 'finova-bench-'));
  const sides = ['with', 'without'] as const;
  const durations = { with: [] as number[], without: [] as number[] };
  try {
    for (const side of sides) {
      await copyWorkspace(join(folder, side), side === 'with');
      // The first one fills the caches of Nx.
      await showProjects(join(folder, side));
    }
    await interleave(sides, Number(values.runs), async (side) => {
      durations[side].push(await showProjects(join(folder, side)));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const [withMs, withoutMs] = [median(durations.with), median(durations.without)];
  const ratios = { 'plugin adds ms': atMost(withMs - withoutMs, LIMIT_MS) };
  const rows = sides.map((side) => [`${side} the plugin`, median(durations[side]).toFixed(0)]);
  const report = values.json
    ? ratiosToJson(ratios)
    : `${renderTable(['nx show projects', 'ms'], rows)}\n\n${renderRatios(ratios)}`;
  process.stdout.write(`${report}\n`);
}

await main().catch((thrown: unknown) => {
  process.stderr.write(`${errorMessage(thrown)}\n`);
  process.exitCode = 1;
});
