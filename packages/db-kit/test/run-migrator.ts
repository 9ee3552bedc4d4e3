/** A run of the migrator as a process of its own, for tests that race or kill it: argument 1 is its options as JSON. */
import { type EngineOptions, withMigrator } from '@finova/db-kit/migrations';

const options = JSON.parse(process.argv[2] ?? '') as EngineOptions;
try {
  const applied = await withMigrator(
    { ...options, identity: { ...options.identity, pid: process.pid, actor: 'another process' } },
    (migrator) => migrator.up(),
  );
  process.stdout.write(`${JSON.stringify(applied)}\n`);
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)}\n`);
  process.exitCode = 1;
}
