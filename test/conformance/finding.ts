/** Something in the workspace that is not as it should be. */
export interface Finding {
  /** Relative to the workspace. */
  readonly file: string;
  /** What is there and should not be, or the other way round. */
  readonly problem: string;
  /** What to write or do instead. */
  readonly instead: string;
}

/** One rule over the whole workspace. */
export interface Rule {
  /** As a sentence: `every table is documented`. */
  readonly name: string;
  check(workspace: string): Promise<readonly Finding[]>;
}
