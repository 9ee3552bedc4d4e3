/** Something that did not come back from a way down and up. */
export interface RoundTripFinding {
  readonly domain: string;
  /** `undefined` when it is about the run as a whole. */
  readonly migration: string | undefined;
  /**
   * `structure`: an object is not what it was; `data`: rows are not; `undeclared loss`: `down` loses rows and does not
   * say so; `left behind`: something outside the domain changed; `failed`: a migration did not run; `skipped`: it has
   * no way back, which is no fault.
   */
  readonly problem: 'structure' | 'data' | 'undeclared loss' | 'left behind' | 'failed' | 'skipped';
  readonly detail: string;
}
