import type { LintFinding } from '../lint/lint-finding.ts';
import { readLintSubjects } from '../lint/lint-subject.ts';
import { lintSubject } from '../lint/lint-subjects.ts';
import type { RunContext } from '../run/run-context.ts';
import { requireDomain } from '../workspace/require-domain.ts';

/**
 * Looks for what will hurt in the migrations of domains, in the SQL and the commands that they really send.
 *
 * @param names - none for all.
 * @throws {UnknownDomainError}
 */
export async function lint(context: RunContext, names: readonly string[] = []): Promise<LintFinding[]> {
  for (const name of names) {
    requireDomain(context.domains, name);
  }
  const findings: LintFinding[] = [];
  for (const subject of await readLintSubjects(context, names)) {
    findings.push(...(await lintSubject(subject)));
  }
  return findings;
}
