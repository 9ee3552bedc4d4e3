import { openRefusalScenario, REFUSALS } from '../../packages/accounts-db/test/refusals/index.ts';
import { mutationAttack } from '../harness/mutation-attack.ts';

/** Whether a refusal check of accounts-db finds out about each rule and right of accounts that is taken away. */
export const accountsMutations = mutationAttack('accounts-mutations', {
  schema: 'accounts',
  openScenario: openRefusalScenario,
  refusals: REFUSALS,
  withoutEffect: {
    'rights of the owner to check_transition_happened': 'nobody but the owner writes the record that it looks at',
    'search path of refuse_identity_change': 'it looks no function and no operator up',
  },
});
