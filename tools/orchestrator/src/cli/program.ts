import { TOOL_VERSION } from '@finova/db-kit';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommandEnvironment, GlobalOptions } from './command-environment.ts';
import type { ExitCode } from './exit-code.ts';
import type { Output } from './output.ts';

/** What the process gives the program. */
export interface ProgramHost {
  readonly output: Output;
  readonly workingFolder: string;
  readonly signal: AbortSignal;
  /** Told what the command that ran ended with. */
  readonly onExit: (code: ExitCode) => void;
}

const DEFAULT_LOCK_TIMEOUT_MS = 60_000;
const DEFAULT_RELAY_BATCH_SIZE = 100;
const DEFAULT_RELAY_POLL_INTERVAL_MS = 500;
const LARGEST_RELAY_BATCH = 10_000;

/** The `finova-db` command: parses arguments and hands over to one function per command. */
export function createProgram(host: ProgramHost): Command {
  const program = new Command('finova-db')
    .description('Migrates, seeds and looks after every FinovaBank database')
    .version(TOOL_VERSION)
    .option('--json', 'print one JSON document on standard output, and nothing else there', false)
    .option('--verbose', 'show where an error came from', false)
    .option('--lock-timeout <ms>', 'how long to wait for another runner', parseCount, DEFAULT_LOCK_TIMEOUT_MS)
    .configureOutput({ outputError: (text, write) => write(text) })
    .showSuggestionAfterError()
    .showHelpAfterError('Run finova-db --help to see the commands and their options')
    .exitOverride();

  /** Adds a command; the global options are accepted before and after its name. */
  const add = (usage: string, description: string, parent: Command = program): Command =>
    parent
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document on standard output')
      .option('--verbose', 'show where an error came from')
      .option('--lock-timeout <ms>', 'how long to wait for another runner', parseCount);

  /** Each command loads what it needs when it runs: asking for help needs none of it. */
  const run =
    <Arguments extends unknown[]>(
      load: () => Promise<(environment: CommandEnvironment, ...rest: Arguments) => Promise<ExitCode>>,
    ) =>
    async (...received: [...Arguments, Command]) => {
      const self = received.at(-1) as Command;
      const environment = { ...host, options: globalOptions(self) };
      const command = await load();
      host.onExit(await command(environment, ...(received.slice(0, -1) as unknown as Arguments)));
    };

  add('up', 'Apply pending migrations, dependencies first')
    .argument('[domain...]', 'domains to migrate; all when none is given')
    .option('--to <migration>', 'the newest migration to apply: <domain>/<name>')
    .option('--no-dependencies', 'leave out what the domains depend on')
    .option('--allow-out-of-order', 'also apply migrations that are older than applied ones; the history says so')
    .option('--dry-run', 'only show what would be applied, as finova-db plan does')
    .option('--seed', 'add development data afterwards')
    .option('--sample', 'show a few rows of each domain afterwards')
    .action(run(async () => (await import('./up-command.ts')).upCommand));

  add('plan', 'Show what up would do, in its order; exit code 2 when that is something')
    .argument('[domain...]', 'domains to plan for; all when none is given')
    .option('--to <migration>', 'the newest migration to apply: <domain>/<name>')
    .option('--sql', 'print what would be sent to the servers, found by doing it on throw-away databases')
    .option('--since <commit>', 'for databases that have the migrations of this commit, instead of the real ones')
    .option('--no-dependencies', 'leave out what the domains depend on')
    .option('--allow-out-of-order', 'also plan migrations that are older than applied ones')
    .action(run(async () => (await import('./plan-command.ts')).planCommand));

  add('down', 'Revert the newest migration of a domain, or as many as asked')
    .argument('<domain>', 'the domain to revert')
    .addOption(new Option('--to <migration>', 'the newest migration to leave applied').conflicts(['steps', 'all']))
    .addOption(new Option('--steps <count>', 'how many to revert').argParser(parseCount).conflicts('all'))
    .option('--all', 'revert all of them')
    .option('--cascade', 'first revert the domains that stand on it')
    .action(run(async () => (await import('./down-command.ts')).downCommand));

  add('status', 'Show what is applied and what is pending; exit code 2 when something is')
    .argument('[domain...]', 'domains to look at; all when none is given')
    .action(run(async () => (await import('./status-command.ts')).statusCommand));

  add('drift', 'Compare databases with what their applied migrations make; exit code 2 when they differ')
    .argument('[domain...]', 'domains to compare; all when none is given')
    .action(run(async () => (await import('./drift-command.ts')).driftCommand));

  add('dump', 'Write what migrations make to schema.sql or collections.json of each domain')
    .argument('[domain...]', 'domains to write; all when none is given')
    .option('--check', 'write nothing; exit code 2 when a file is missing or stale')
    .action(run(async () => (await import('./dump-command.ts')).dumpCommand));

  add(
    'roundtrip',
    'Take every migration down and up again, with data, on throw-away databases; exit code 2 on a difference',
  )
    .argument('[domain...]', 'domains to go over; all when none is given')
    .action(run(async () => (await import('./roundtrip-command.ts')).roundtripCommand));

  add('lint', 'Look for what will hurt in migrations, in what they really send; exit code 2 when there is something')
    .argument('[domain...]', 'domains to look at; all when none is given')
    .action(run(async () => (await import('./lint-command.ts')).lintCommand));

  add('history', 'Show every attempt to migrate, and verify that the record is whole')
    .argument('[domain...]', 'domains to look at; all when none is given')
    .option('--limit <count>', 'only the newest attempts of each domain', parseCount)
    .action(run(async () => (await import('./history-command.ts')).historyCommand));

  add('seed', 'Add development data')
    .argument('[domain...]', 'domains to seed; all when none is given')
    .action(run(async () => (await import('./seed-command.ts')).seedCommand));

  add(
    'relay',
    'Carry what the ledger did into the inbox, until it is interrupted; exit code 2 when messages are set aside',
  )
    .option('--once', 'end when nothing is left to relay')
    .option(
      '--batch-size <count>',
      'messages handled together, 10,000 at most',
      parseBatchSize,
      DEFAULT_RELAY_BATCH_SIZE,
    )
    .option('--poll-interval <ms>', 'how long to wait for more', parseCount, DEFAULT_RELAY_POLL_INTERVAL_MS)
    .action(run(async () => (await import('./relay-command.ts')).relayCommand));

  add('new', 'Write a migration that does nothing yet, with its down and its test')
    .argument('<domain>')
    .argument('<name>', 'such as add-nickname')
    .option('--requires <migration...>', 'migrations of other domains that must be applied before it')
    .option('--no-transaction', 'PostgreSQL: for what cannot run inside a transaction')
    .action(run(async () => (await import('./new-command.ts')).newCommand));

  add('repair', 'Explain what is half done in a domain, or settle it by what you found in the database')
    .argument('<domain>')
    .argument('[migration]', 'the one to settle, with --as')
    .addOption(new Option('--as <state>', 'what you found in the database').choices(['applied', 'pending']))
    .action(run(async () => (await import('./repair-command.ts')).repairCommand));

  add('baseline', 'Take a database under management that was made by other means')
    .argument('<domain>')
    .requiredOption('--to <migration>', 'the last migration whose result is there already')
    .action(run(async () => (await import('./baseline-command.ts')).baselineCommand));

  add('local', 'Start, stop or show the embedded servers of this workspace')
    .addArgument(new Argument('<action>').choices(['start', 'stop', 'status']))
    .action(run(async () => (await import('./local-command.ts')).localCommand));

  const keys = program.command('keys').description('Look after the encryption keys');
  add('create', 'Make a key file of mode 0600; never overwrites one', keys)
    .option('--file <path>', 'where; FINOVA_KEY_FILE or the data folder of the workspace by default')
    .action(run(async () => (await import('./keys-command.ts')).createKeysCommand));

  add('doctor', 'Check that everything the other commands need is there')
    .option('--probe', 'also try what each MongoDB server can do, in a database that is made for it and dropped')
    .action(run(async () => (await import('./doctor-command.ts')).doctorCommand));

  return program;
}

function globalOptions(command: Command): GlobalOptions {
  const { json, verbose, lockTimeout } = command.optsWithGlobals<{
    json?: boolean;
    verbose?: boolean;
    lockTimeout?: number;
  }>();
  const root = command.parent?.parent?.opts() ?? command.parent?.opts() ?? {};
  return {
    json: json === true || root['json'] === true,
    verbose: verbose === true || root['verbose'] === true,
    lockTimeoutMs: lockTimeout ?? DEFAULT_LOCK_TIMEOUT_MS,
  };
}

function parseBatchSize(text: string): number {
  const size = parseCount(text);
  if (size < 1 || size > LARGEST_RELAY_BATCH) {
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${LARGEST_RELAY_BATCH}.`);
  }
  return size;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new InvalidArgumentError('Expected a whole number of 0 or more.');
  }
  return count;
}
