import { openRefusalScenario, REFUSALS } from '../../packages/transactions-db/test/refusals/index.ts';
import { mutationAttack } from '../harness/mutation-attack.ts';

const IN_STEP = 'balances_in_step refuses a balance that does not say what its account says, NULL included';
const NOTHING_LOOKED_UP = 'it looks no function and no operator up';

/** Whether a refusal check of transactions-db finds out about each rule and right of the ledger that is taken away. */
export const ledgerMutations = mutationAttack('ledger-mutations', {
  schema: 'transactions',
  openScenario: openRefusalScenario,
  refusals: REFUSALS,
  withoutEffect: {
    entries_no_truncate: 'partitions refuse to be truncated with their parent; verify misses the trigger all the same',
    'balances without currency': IN_STEP,
    'balances without normal_side': IN_STEP,
    'balances without account_status': IN_STEP,
    'rights of the owner to check_balance_in_step': 'nobody but the owner writes the balances that it looks at',
    'search path of open_balance': NOTHING_LOOKED_UP,
    'search path of refuse_by_hand': NOTHING_LOOKED_UP,
    'search path of refuse_closed_month': NOTHING_LOOKED_UP,
    'search path of refuse_going_back': NOTHING_LOOKED_UP,
    'refusal by begin_upkeep_of_months: FN009, Months are made, closed and retired in transactions of isolation level READ COMMITTED, and this one is %':
      'books-repository.test.ts tries it: a check is made within a transaction that has its level already',
    'refusal by require_same_months: 40001, A month was retired since this transaction, or statement, began':
      'books-repository.test.ts tries it: a check is alone, and nobody retires a month beside it',
    'refusal by retire_month: FN009, Month % has no partition of entries':
      'nobody took the balances of a month that is not there, which is refused as well',
  },
  // A month with entries, and one without.
  partitions: { names: ['entries_2026_01', 'entries_2027_12'], lookedAtBy: 'missing_guards' },
});
