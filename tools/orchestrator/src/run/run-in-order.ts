import type { Dependent } from '../workspace/domain-order.ts';

/** How the run of one domain ended. */
export type Outcome<Result> =
  | { readonly state: 'done'; readonly result: Result }
  | { readonly state: 'failed'; readonly error: unknown }
  /** Not begun, because this dependency failed or was itself skipped. */
  | { readonly state: 'skipped'; readonly because: string };

/**
 * Runs each domain after those it depends on, and independent ones side by side. A failing domain stops its
 * dependents and not its neighbours.
 *
 * @param onSkip - hears of each domain that is not begun.
 * @returns the outcome of each domain by name, in the order of `domains`; it does not reject when a run fails.
 */
export async function runInOrder<Domain extends Dependent, Result>(
  domains: readonly Domain[],
  run: (domain: Domain) => Promise<Result>,
  onSkip: (domain: Domain) => void = () => {},
): Promise<Map<string, Outcome<Result>>> {
  const started = new Map<string, Promise<Outcome<Result>>>();
  for (const domain of domains) {
    const dependencies = domain.dependsOn.flatMap((name) => {
      const outcome = started.get(name);
      return outcome === undefined ? [] : [{ name, outcome }];
    });
    started.set(domain.name, runAfter(domain, dependencies, run, onSkip));
  }
  const outcomes = await Promise.all([...started].map(async ([name, outcome]) => [name, await outcome] as const));
  return new Map(outcomes);
}

async function runAfter<Domain extends Dependent, Result>(
  domain: Domain,
  dependencies: readonly { readonly name: string; readonly outcome: Promise<Outcome<Result>> }[],
  run: (domain: Domain) => Promise<Result>,
  onSkip: (domain: Domain) => void,
): Promise<Outcome<Result>> {
  for (const { name, outcome } of dependencies) {
    if ((await outcome).state !== 'done') {
      onSkip(domain);
      return { state: 'skipped', because: name };
    }
  }
  try {
    return { state: 'done', result: await run(domain) };
  } catch (error) {
    return { state: 'failed', error };
  }
}
