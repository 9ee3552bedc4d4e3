import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalKeyFile, FieldEncryption, openLocalKeyFile } from '@finova/db-kit/encryption';
import { type RoundTripResult, roundtrip } from '../commands/roundtrip.ts';
import { openContext } from '../run/open-context.ts';
import type { CommandEnvironment } from './command-environment.ts';
import { ExitCode } from './exit-code.ts';
import { type Output, printJson, printLine, printTable } from './output.ts';

/** `finova-db roundtrip [domain…]` */
export async function roundtripCommand(environment: CommandEnvironment, domains: readonly string[]): Promise<ExitCode> {
  const { output, options } = environment;
  const context = await openContext(environment, domains);
  const result = await withThrowAwayKeys((encryption) => roundtrip(context, domains, encryption));
  const faults = result.findings.filter(({ problem }) => problem !== 'skipped');
  if (options.json) {
    printJson(output, result);
  } else {
    printRoundTrip(output, result);
  }
  if (faults.some(({ problem }) => problem === 'failed')) {
    return ExitCode.failed;
  }
  return faults.length > 0 ? ExitCode.attention : ExitCode.done;
}

function printRoundTrip(output: Output, { domains, findings }: RoundTripResult): void {
  if (findings.length > 0) {
    printTable(
      output,
      ['Domain', 'Migration', 'Problem', 'What'],
      findings.map(({ domain, migration = '', problem, detail }) => [domain, migration, problem, detail]),
    );
  }
  const faults = findings.filter(({ problem }) => problem !== 'skipped').length;
  printLine(
    output,
    faults === 0
      ? `Every migration of ${domains.join(', ')} goes down and up again without a trace`
      : `${faults} problems found`,
  );
}

/** What the development data is encrypted with; gone with the databases that it is in. */
async function withThrowAwayKeys<T>(use: (encryption: () => Promise<FieldEncryption>) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'finova-keys-'));
  try {
    const file = join(folder, 'keys.json');
    await createLocalKeyFile(file);
    return await use(async () => new FieldEncryption(await openLocalKeyFile(file)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
