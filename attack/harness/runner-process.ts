/** A process that migrates when it is told to: it gets the options of a domain as a message, and answers with the result. */
import { type EngineOptions, withMigrator } from '@finova/db-kit/migrations';

process.on('message', async (options: EngineOptions) => {
  try {
    const identity = { ...options.identity, pid: process.pid };
    const applied = await withMigrator({ ...options, identity }, (migrator) => migrator.up());
    process.send?.({ applied });
  } catch (thrown) {
    process.send?.({ error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) });
  }
});
process.send?.({ ready: true });
