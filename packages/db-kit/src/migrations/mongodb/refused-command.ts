import type { ServerRuleProblem } from '../../mongodb/server-rules/index.ts';
import { RefusedByMongoError } from '../errors/index.ts';

/** @throws {RefusedByMongoError} for the first problem that is not waived. */
export function refuseProblems(
  facts: { readonly domain: string; readonly migration: string; readonly step: string },
  problems: readonly ServerRuleProblem[],
  waives: Readonly<Record<string, string>> = {},
): void {
  const problem = problems.find(({ rule }) => waives[rule] === undefined);
  if (problem !== undefined) {
    throw new RefusedByMongoError({ ...facts, ...problem });
  }
}
