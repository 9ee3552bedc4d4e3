/** Something in a migration that will hurt somebody. */
export interface LintFinding {
  readonly domain: string;
  /** Relative to the workspace. */
  readonly file: string;
  /** `index-in-transaction`, or `squawk/adding-required-field`. */
  readonly rule: string;
  /** What it is about: the beginning of the statement, or the step. */
  readonly at: string;
  /** What happens otherwise. */
  readonly why: string;
  /** What to write instead. */
  readonly fix: string;
}

/** A rule's word on one place of a migration. */
export type RuleFinding = Pick<LintFinding, 'at' | 'why' | 'fix'>;
