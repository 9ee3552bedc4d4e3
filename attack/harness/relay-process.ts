/** A process that relays when it is told to: it gets a relay's databases as a message, and is ended from outside. */
import { relay } from '@finova/notifications-db/relay';

process.on(
  'message',
  async (databases: Readonly<Record<string, { readonly url: string; readonly namespace: string }>>) => {
    await relay.run({
      once: false,
      // Several transactions of MongoDB each.
      batchSize: 40,
      pollIntervalMs: 5,
      databaseOf: (name) => databases[name] ?? { url: '', namespace: name },
      onEvent: (event) => process.send?.(event.type),
    });
  },
);
// Nobody is left to end it when the attack itself was ended.
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
