import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2';
import type { DomainUpResult, UpHooks } from '../commands/up.ts';
import type { Outcome } from '../run/run-in-order.ts';
import type { Dependent } from '../workspace/domain-order.ts';
import { formatDuration, type Output, printNotice } from './output.ts';

/** Hooks for `up`, and how to take the display down again. */
export interface UpProgress {
  readonly hooks: UpHooks;
  /** Resolves when the display has drawn its last state. */
  finish(): Promise<void>;
}

/** No display: for `--json`. */
export const silentProgress: UpProgress = { hooks: {}, finish: async () => {} };

/** One line on standard error per migration: for logs. */
export function lineProgress(output: Output): UpProgress {
  return {
    hooks: { onMigrationStart: (domain, migration) => printNotice(output, `Applying ${domain}/${migration}`) },
    finish: async () => {},
  };
}

type LiveTask = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>;

/** A live list of domains: for a terminal. */
export function liveProgress(domains: readonly Dependent[]): UpProgress {
  const tasks = new Map<string, LiveTask>();
  const ends = new Map(domains.map(({ name }) => [name, deferred<Outcome<DomainUpResult> | undefined>()]));
  const list = new Listr<unknown, 'default'>(
    domains.map(({ name, dependsOn }) => ({
      title: dependsOn.length === 0 ? name : `${name}: waiting for ${dependsOn.join(', ')}`,
      task: async (_: unknown, task: LiveTask) => {
        tasks.set(name, task);
        const outcome = await ends.get(name)?.promise;
        if (outcome?.state === 'done') {
          task.title = `${name}: ${describeApplied(outcome.result)}`;
        } else if (outcome?.state === 'failed') {
          task.title = `${name}: failed`;
          throw new Error('failed');
        } else {
          task.skip(`${name}: not run`);
        }
      },
    })),
    // An interruption is ours to handle: listr2 would end the process in the middle of it.
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: { showErrorMessage: false, collapseErrors: false },
    },
  );
  const running = list.run().catch(() => {});
  const setTitle = (domain: string, title: string) => {
    const task = tasks.get(domain);
    if (task !== undefined) {
      task.title = title;
    }
  };
  return {
    hooks: {
      onDomainStart: (domain) => setTitle(domain, `${domain}: looking`),
      onMigrationStart: (domain, migration) => setTitle(domain, `${domain}: applying ${migration}`),
      onDomainEnd: (domain, outcome) => ends.get(domain)?.resolve(outcome),
    },
    finish: async () => {
      for (const end of ends.values()) {
        end.resolve(undefined);
      }
      await running;
    },
  };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function describeApplied({ applied, durationMs }: DomainUpResult): string {
  return applied.length === 0 ? 'up to date' : `${applied.length} applied in ${formatDuration(durationMs)}`;
}
