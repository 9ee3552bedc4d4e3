import type { Finding, Rule } from '../finding.ts';
import { listFiles, type WorkspaceFile, withoutComments } from '../workspace-files.ts';

const SOURCES = /^(?:packages|tools)\/[^/]+\/src\/.*(?<!\.d)\.ts$/;
const isProduct = ({ path }: WorkspaceFile) => !path.endsWith('.test.ts');
const LONGEST_FILE_LINES = 330;

/** Biome refuses these; what it is told to let pass has a reason and stays where it belongs. */
export const suppressions: Rule = {
  name: 'rules are switched off only where they may be',
  async check(workspace) {
    const findings: Finding[] = [];
    for (const file of await listFiles(workspace, /^(?:packages|tools|test|bench|attack)\/.*\.(?:ts|js|mjs)$/)) {
      for (const [index, line] of (await file.text()).split('\n').entries()) {
        const [, rule = '', reason = ''] = /biome-ignore \w+\/([\w/]+)(?::\s*(.*))?/.exec(line) ?? [];
        const at = `${file.path}:${index + 1}`;
        if (rule === 'style/noDefaultExport') {
          findings.push({ file: at, problem: 'it has a default export', instead: 'export it by name' });
        } else if (rule !== '' && reason.length < 10) {
          findings.push({
            file: at,
            problem: `${rule} is switched off without a reason`,
            instead: 'write the reason after the colon',
          });
        }
        if (/@ts-(?:ignore|nocheck)/.test(line)) {
          findings.push({
            file: at,
            problem: 'it switches the type check off',
            instead: 'correct the type, or write @ts-expect-error with a reason',
          });
        }
      }
    }
    return findings;
  },
};

/** `any` hides what the compiler knows; only migrations, which are frozen, may have it. */
export const noAny: Rule = {
  name: 'any stays in migrations',
  async check(workspace) {
    const findings: Finding[] = [];
    for (const file of (await listFiles(workspace, SOURCES)).filter(isProduct)) {
      // The types of a migration's body: untyped on purpose, for the sake of migrations.
      const isMigrationBody = /^packages\/db-kit\/src\/(?:migrations|postgres)\//.test(file.path);
      for (const [index, line] of withoutComments(await file.text())
        .split('\n')
        .entries()) {
        if (/(?:[:<,|&]\s*|\bas )any\b(?!\w)/.test(line) && !(isMigrationBody && /Kysely<any>/.test(line))) {
          findings.push({
            file: `${file.path}:${index + 1}`,
            problem: 'it uses any',
            instead: 'write the type, or unknown',
          });
        }
      }
    }
    return findings;
  },
};

/** One concept per file. */
export const fileLength: Rule = {
  name: `no source file passes ${LONGEST_FILE_LINES} lines`,
  async check(workspace) {
    const findings: Finding[] = [];
    for (const file of (await listFiles(workspace, SOURCES)).filter(isProduct)) {
      const lines = (await file.text()).split('\n').length;
      if (lines > LONGEST_FILE_LINES) {
        findings.push({ file: file.path, problem: `it has ${lines} lines`, instead: 'cut it where one concept ends' });
      }
    }
    return findings;
  },
};
