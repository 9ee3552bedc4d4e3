import { RequirementPendingError } from './plan-errors.ts';
import type { RunPlan } from './plan-run.ts';

interface Gate {
  readonly opened: Promise<boolean>;
  readonly settle: (isApplied: boolean) => void;
}

/** Lets the domains of one run wait for single migrations of each other. */
export class MigrationGates {
  readonly #plan: RunPlan;
  readonly #gates: ReadonlyMap<string, Gate>;
  readonly #required: ReadonlySet<string>;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    this.#required = new Set([...plan.requires.values()].flat());
    this.#gates = new Map(plan.order.map((id) => [id, makeGate()]));
  }

  /**
   * Resolves when everything that a migration requires is applied.
   *
   * @throws {RequirementPendingError} when something it requires will not be, because its domain failed.
   */
  async waitFor(domain: string, migration: string): Promise<void> {
    const id = `${domain}/${migration}`;
    for (const required of this.#plan.requires.get(id) ?? []) {
      // What is not part of the run is applied already, or the domain was refused.
      if ((await this.#gates.get(required)?.opened) === false) {
        throw new RequirementPendingError(id, required);
      }
    }
  }

  /** Whether a migration of this run requires this one. */
  isAwaited(domain: string, migration: string): boolean {
    return this.#required.has(`${domain}/${migration}`);
  }

  /** A migration is applied. */
  open(domain: string, migration: string): void {
    this.#gates.get(`${domain}/${migration}`)?.settle(true);
  }

  /** A domain has ended: what it did not apply by now it will not apply. */
  close(domain: string): void {
    for (const name of this.#plan.names.get(domain) ?? []) {
      this.#gates.get(`${domain}/${name}`)?.settle(false);
    }
  }
}

function makeGate(): Gate {
  let settle: (isApplied: boolean) => void = () => {};
  const opened = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  return { opened, settle };
}
