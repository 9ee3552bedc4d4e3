/** Something that MongoDB refuses, or that it would refuse once there are documents or shards. */
export interface ServerRuleProblem {
  /** `mongodb/partial-filter`; a migration that waives it gives the reason. */
  readonly rule: `mongodb/${string}`;
  /** What it is about: `index dispatch of notifications`. */
  readonly subject: string;
  /** What is wrong with it, as a sentence goes on: `has $ne in its partial filter: expected $eq, …` */
  readonly problem: string;
  /** Title of the page in MongoDB's manual that says so. */
  readonly manualPage: string;
}

/** What a rule says of one thing; whoever asked knows which thing it is. */
export type RuleFinding = Omit<ServerRuleProblem, 'subject'>;

export const LIMITS_PAGE = 'MongoDB Limits and Thresholds';
