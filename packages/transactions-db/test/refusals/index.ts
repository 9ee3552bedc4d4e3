import type { Refusal } from '@finova/db-kit/testing';
import { GUARD_REFUSALS } from './guard-refusals.ts';
import { MOVEMENT_REFUSALS } from './movement-refusals.ts';
import { PROCEDURE_REFUSALS } from './procedure-refusals.ts';
import { RIGHT_REFUSALS } from './right-refusals.ts';
import { VALUE_REFUSALS } from './value-refusals.ts';

export { openRefusalScenario } from './scenario.ts';

/** At least one for every rule of the ledger. */
export const REFUSALS: readonly Refusal[] = [
  ...MOVEMENT_REFUSALS,
  ...GUARD_REFUSALS,
  ...VALUE_REFUSALS,
  ...PROCEDURE_REFUSALS,
  ...RIGHT_REFUSALS,
];
