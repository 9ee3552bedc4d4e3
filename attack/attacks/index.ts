import type { Attack } from '../harness/attack.ts';
import { accountsMutations } from './accounts-mutations.ts';
import { backfillKilled } from './backfill-killed.ts';
import { concurrently } from './concurrently.ts';
import { failureAtEveryStep } from './failure-at-every-step.ts';
import { killNine } from './kill-nine.ts';
import { ledgerCrash } from './ledger-crash.ts';
import { ledgerMutations } from './ledger-mutations.ts';
import { manyRunners } from './many-runners.ts';
import { brokenDowns, drifts } from './planted.ts';
import { relay } from './relay.ts';
import { requirementGraphs } from './requirement-graphs.ts';
import { stoppedHolder } from './stopped-holder.ts';
import { tamperedHistory } from './tampered-history.ts';

/** Every attack, in the order in which they are made. */
export const ATTACKS: readonly Attack[] = [
  manyRunners,
  killNine,
  backfillKilled,
  concurrently,
  stoppedHolder,
  tamperedHistory,
  brokenDowns,
  drifts,
  requirementGraphs,
  failureAtEveryStep,
  ledgerCrash,
  ledgerMutations,
  accountsMutations,
  relay,
];
