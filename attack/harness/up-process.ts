/** A process that brings databases up to date when it is told to: it gets a run's context as a message. */
import { type RunContext, up } from '@finova/orchestrator';

process.on('message', async (context: RunContext) => {
  await up({ ...context, identity: { ...context.identity, pid: process.pid } });
  process.exit(0);
});
process.send?.({ ready: true });
