import type { Refusal } from '@finova/db-kit/testing';
import { GUARD_REFUSALS } from './guard-refusals.ts';
import { RIGHT_REFUSALS } from './right-refusals.ts';
import { VALUE_REFUSALS } from './value-refusals.ts';

export { openRefusalScenario } from './scenario.ts';

/** At least one for every rule of customers, accounts and holders. */
export const REFUSALS: readonly Refusal[] = [
  // One a line: the generator of tables adds to them.
  ...GUARD_REFUSALS,
  ...VALUE_REFUSALS,
  ...RIGHT_REFUSALS,
];
