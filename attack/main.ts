/** `npm run attack`: tries to break what migrations and the ledger promise. See docs/RELIABILITY.md. */
import { join } from 'node:path';
import { selectServers, startThrowAwayServer } from '@finova/local-databases';
import { Command, InvalidArgumentError } from 'commander';
import { ATTACKS } from './attacks/index.ts';
import type { AttackSize } from './harness/attack.ts';
import { Random } from './harness/random.ts';

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new InvalidArgumentError('Expected a whole number of 0 or more.');
  }
  return number;
};

const options = new Command('attack')
  .option('--short', 'within five minutes', false)
  .option('--seed <number>', 'repeats a run', count, Math.floor(Math.random() * 2 ** 31))
  .option('--only <name>', `one of ${ATTACKS.map(({ name }) => name).join(', ')}`)
  .parse()
  .opts<{ short: boolean; seed: number; only?: string }>();

const say = (line: string) => process.stdout.write(`${line}\n`);
const attacks = ATTACKS.filter(({ name }) => options.only === undefined || name === options.only);
const size: AttackSize = options.short ? 'short' : 'full';

/** How often one who waits hears how far an attack is; on standard error, so that standard output has a line per attack. */
const PROGRESS_EVERY_MS = 60_000;

function progressOf(name: string): (done: number, of: number) => void {
  let toldAtMs = performance.now();
  return (done, of) => {
    if (performance.now() - toldAtMs >= PROGRESS_EVERY_MS) {
      toldAtMs = performance.now();
      process.stderr.write(`${name}: ${done} of ${of}\n`);
    }
  };
}

const workspaceRoot = join(import.meta.dirname, '..');
const servers = await selectServers({
  workspaceRoot,
  purpose: 'test',
  engines: ['postgres', 'mongodb'],
  onProgress: say,
});
say(`Seed ${options.seed}, ${size}`);
let passed = 0;
try {
  for (const attack of attacks) {
    const startedAtMs = performance.now();
    const { done, failures } = await attack
      .run({
        // Each from the start of the seed, so that one alone does what it did among the others.
        random: new Random(options.seed),
        servers: { postgres: servers.postgres?.url ?? '', mongodb: servers.mongodb?.url ?? '' },
        ...(servers.mongodb?.source === 'embedded'
          ? { startMongo: () => startThrowAwayServer(workspaceRoot, 'mongodb') }
          : {}),
        count: (bySize) => bySize[size],
        onRound: progressOf(attack.name),
      })
      .catch((thrown: unknown) => ({
        done: 'ended early',
        failures: [thrown instanceof Error ? `${thrown.stack}` : String(thrown)],
      }));
    const seconds = ((performance.now() - startedAtMs) / 1_000).toFixed(1);
    passed += failures.length === 0 ? 1 : 0;
    say(`${failures.length === 0 ? 'passed' : 'FAILED'}  ${attack.name.padEnd(22)} ${done} (${seconds} s)`);
    for (const failure of failures) {
      say(`        ${failure}`);
    }
    if (failures.length > 0) {
      say(
        `        repeat it: npm run attack -- --seed ${options.seed} --only ${attack.name}${options.short ? ' --short' : ''}`,
      );
    }
  }
} finally {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
}
say(`${passed} passed, ${attacks.length - passed} failed`);
process.exitCode = passed === attacks.length && attacks.length > 0 ? 0 : 1;
