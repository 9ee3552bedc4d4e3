import { parseArgs } from 'node:util';
import { FinovaError } from '@finova/db-kit';
import type { MigrationRunner } from './migration-runner.ts';
import { PEERS } from './runners/index.ts';

/** What the command line asks of the benchmark. */
export interface BenchArguments {
  readonly migrations: number;
  readonly runs: number;
  readonly peers: readonly MigrationRunner[];
  readonly json: boolean;
}

/** The command line asks for what the benchmark does not have. */
export class InvalidBenchArgumentError extends FinovaError {
  readonly option: string;

  constructor(option: string, expected: string, found: string) {
    super({ message: `Option --${option} should be ${expected} and is '${found}'`, next: 'see bench/README.md' });
    this.option = option;
  }
}

/**
 * Reads the command line.
 *
 * @throws {InvalidBenchArgumentError} for a number below 1 or a peer that is not known.
 * @throws {TypeError} for an option that does not exist.
 */
export function parseBenchArguments(parameters: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      migrations: { type: 'string', default: '1000' },
      runs: { type: 'string', default: '3' },
      peers: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    migrations: positiveInteger('migrations', values.migrations),
    runs: positiveInteger('runs', values.runs),
    peers: values.peers === undefined ? PEERS : values.peers.split(',').filter(Boolean).map(findPeer),
    json: values.json,
  };
}

function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidBenchArgumentError(option, 'a whole number from 1', text);
  }
  return value;
}

function findPeer(name: string): MigrationRunner {
  const peer = PEERS.find((candidate) => candidate.name === name);
  if (peer === undefined) {
    throw new InvalidBenchArgumentError('peers', `among ${PEERS.map((known) => known.name).join(', ')}`, name);
  }
  return peer;
}
