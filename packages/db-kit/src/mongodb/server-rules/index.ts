export { MongoServerRules } from './mongo-server-rules.ts';
export type { ServerRuleProblem } from './server-rule-problem.ts';
