import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../harness/run-program.ts';

export interface PgbenchLoad {
  readonly databaseUrl: string;
  /** One transaction, in pgbench's script language; without it, pgbench's own TPC-B. */
  readonly script?: string | undefined;
  readonly clients: number;
  readonly durationSeconds: number;
  /** The values of `:name` in the script. */
  readonly variables?: Readonly<Record<string, number>>;
}

/** How many scripts completed a second, connecting not counted. */
export async function runPgbench(load: PgbenchLoad): Promise<number> {
  const { databaseUrl, script, clients, durationSeconds, variables = {} } = load;
  const folder = await mkdtemp(join(tmpdir(), 'finova-pgbench-'));
  try {
    const file = join(folder, 'script.sql');
    await writeFile(file, script ?? '');
    const { output } = await runProgram(
      'pgbench',
      [
        '--no-vacuum',
        `--client=${clients}`,
        `--jobs=${Math.min(clients, 2)}`,
        `--time=${durationSeconds}`,
        '--protocol=prepared',
        ...Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`),
        ...(script === undefined ? ['--builtin=tpcb-like'] : [`--file=${file}`]),
      ],
      { folder, environment: connectionOf(databaseUrl) },
    );
    const [, perSecond] = /tps = ([\d.]+) \(without initial connection time\)/.exec(output) ?? [];
    if (perSecond === undefined || !/number of failed transactions: 0 /.test(output)) {
      throw new Error(
        `pgbench did not complete every transaction: ${output.trim().split('\n').slice(-12).join(' / ')}`,
      );
    }
    return Number(perSecond);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the tables of TPC-B. */
export async function initializeTpcb(databaseUrl: string, scale: number): Promise<void> {
  await runProgram('pgbench', ['--initialize', '--quiet', `--scale=${scale}`], {
    folder: tmpdir(),
    environment: connectionOf(databaseUrl),
  });
}

/** As the environment of libpq: on a command line everybody on the machine could read the password. */
function connectionOf(databaseUrl: string): Record<string, string> {
  const url = new URL(databaseUrl);
  return {
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: decodeURIComponent(url.pathname.slice(1)),
    PGOPTIONS: url.searchParams.get('options') ?? '',
  };
}
