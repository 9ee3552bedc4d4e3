import type { Random } from './random.ts';

/** How much of an attack is carried out: `tiny` in the tests, `short` within five minutes, `full` as promised. */
export type AttackSize = 'full' | 'short' | 'tiny';

/** What an attack works with. */
export interface AttackContext {
  readonly random: Random;
  /** Servers on which it makes databases of its own. */
  readonly servers: { readonly postgres: string; readonly mongodb: string };
  /** Starts another MongoDB server, where that of `servers` is one that was started for the attacks. */
  readonly startMongo?: () => Promise<{ readonly url: string; stop(): Promise<void> }>;
  /** How often to do something: picks by the size of the run. */
  readonly count: (bySize: Readonly<Record<AttackSize, number>>) => number;
  /** Told after each round of an attack that takes long. */
  readonly onRound?: (done: number, of: number) => void;
}

/** What came of an attack. */
export interface AttackResult {
  /** What was done, how often: `50 rounds of 32 processes on both engines`. */
  readonly done: string;
  /** What should not have been possible; none when the attack failed to do harm. */
  readonly failures: readonly string[];
}

/** One way to try to break what migrations, or the relay, promise. */
export interface Attack {
  readonly name: string;
  run(context: AttackContext): Promise<AttackResult>;
}
