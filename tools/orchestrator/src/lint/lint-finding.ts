/** Something in a migration that may hurt once there is data and traffic. */
export interface LintFinding {
  readonly domain: string;
  /** `20260301T090000-create-accounts` */
  readonly migration: string;
  /** Path of its file, relative to the workspace. */
  readonly file: string;
  /** Where in the file, as far as what was sent can be found there again; from 1. */
  readonly line?: number | undefined;
  /** Name of the rule, as a waiver names it. */
  readonly rule: string;
  /** What is wrong with it. */
  readonly why: string;
  /** What to write instead. */
  readonly fix: string;
}

/** What a rule says of a migration: where that is, and in which file, is added for it. */
export interface RuleFinding {
  readonly why: string;
  readonly fix: string;
  /** A piece of the source that stands where the finding is: the statement that was sent, or the name of a step. */
  readonly excerpt?: string | undefined;
}
