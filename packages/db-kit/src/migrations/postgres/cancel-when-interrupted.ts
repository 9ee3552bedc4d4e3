import { Client } from 'pg';

/**
 * Cancels the running statement when the run is interrupted, so that Ctrl-C does not wait for a long index build.
 *
 * @returns stops watching, and waits for a cancellation on its way: it would hit whatever runs next.
 */
export function cancelWhenInterrupted(
  client: Client,
  url: string,
  signal: AbortSignal | undefined,
): () => Promise<void> {
  const backendPid = (client as Client & { readonly processID: number }).processID;
  const cancel = async () => {
    const canceller = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await canceller.connect();
      await canceller.query('SELECT pg_cancel_backend($1)', [backendPid]);
    } catch {
      // The statement then runs to its end, and the run stops after it: slower, and as safe.
    } finally {
      await canceller.end().catch(() => {});
    }
  };
  let cancelled = Promise.resolve();
  const onAbort = () => {
    cancelled = cancel();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return () => {
    signal?.removeEventListener('abort', onAbort);
    return cancelled;
  };
}
