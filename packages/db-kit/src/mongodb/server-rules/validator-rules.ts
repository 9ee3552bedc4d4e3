import type { Document } from 'mongodb';
import { checkJsonSchema } from './json-schema-rules.ts';
import type { RuleFinding } from './server-rule-problem.ts';

/** Manual, "Specify Validation With Query Operators", "Restrictions". */
const NOT_IN_VALIDATORS = new Set(['$geoNear', '$near', '$nearSphere', '$text', '$where']);
const LEVELS = ['off', 'strict', 'moderate'];
/** `errorAndLog` is for MongoDB 8.1 and later; we run on 7 too. */
const ACTIONS = ['error', 'warn'];

/** What MongoDB refuses of `validator`, `validationLevel` and `validationAction`, in `create` and `collMod`. */
export function checkValidation(command: Document): readonly RuleFinding[] {
  const { validator, validationLevel, validationAction } = command;
  const findings: RuleFinding[] = [];
  const refuse = (problem: string, manualPage = 'Schema Validation') =>
    findings.push({ rule: 'mongodb/validation', problem, manualPage });
  if (validationLevel !== undefined && !LEVELS.includes(validationLevel)) {
    refuse(`has validationLevel ${validationLevel}: expected ${LEVELS.join(', ')}`);
  }
  if (validationAction !== undefined && !ACTIONS.includes(validationAction)) {
    refuse(`has validationAction ${validationAction}: expected ${ACTIONS.join(', ')}`);
  }
  for (const operator of operatorsIn(validator).filter((name) => NOT_IN_VALIDATORS.has(name))) {
    refuse(`has ${operator} in its validator`, 'Specify Validation With Query Operators');
  }
  return [...findings, ...schemasIn(validator).flatMap((schema) => checkJsonSchema(schema))];
}

/** Operators of a query, without the keywords of a `$jsonSchema` in it. */
function operatorsIn(query: unknown): string[] {
  if (Array.isArray(query)) {
    return query.flatMap(operatorsIn);
  }
  if (query === null || typeof query !== 'object' || Object.getPrototypeOf(query) !== Object.prototype) {
    return [];
  }
  return Object.entries(query).flatMap(([key, value]) => [
    ...(key.startsWith('$') ? [key] : []),
    ...(key === '$jsonSchema' ? [] : operatorsIn(value)),
  ]);
}

function schemasIn(query: unknown): unknown[] {
  if (Array.isArray(query)) {
    return query.flatMap(schemasIn);
  }
  if (query === null || typeof query !== 'object' || Object.getPrototypeOf(query) !== Object.prototype) {
    return [];
  }
  return Object.entries(query).flatMap(([key, value]) => (key === '$jsonSchema' ? [value] : schemasIn(value)));
}
