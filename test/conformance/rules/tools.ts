import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { Finding, Rule } from '../finding.ts';

/** Runs a program of node_modules; one that finds something ends with a code of its own. */
function runProgram(workspace: string, name: string, args: readonly string[]): Promise<string> {
  const file = join(workspace, 'node_modules', '.bin', name);
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { cwd: workspace, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && stderr !== '' && stdout === '') {
        reject(new Error(`${name} failed: ${stderr}`, { cause: error }));
      } else {
        resolve(stdout);
      }
    });
  });
}

/** Nothing is left that nobody uses. */
export const deadCode: Rule = {
  name: 'there is no dead code',
  async check(workspace) {
    const report = JSON.parse(await runProgram(workspace, 'knip', ['--reporter', 'json', '--no-config-hints'])) as {
      readonly files: readonly string[];
      readonly issues: readonly ({ readonly file: string } & Readonly<Record<string, unknown>>)[];
    };
    const instead = 'remove it, or use it; knip.json lists what is used from outside';
    const unused = report.issues.flatMap(({ file, owners: _, ...kinds }) =>
      Object.entries(kinds).flatMap(([kind, found]) =>
        (Array.isArray(found) ? found : []).map((item: { readonly name?: string }) => ({
          file,
          problem: `${kind}: ${item.name ?? file}`,
          instead,
        })),
      ),
    );
    return [...report.files.map((file) => ({ file, problem: 'no file imports it', instead })), ...unused];
  },
};

/** Names and texts are spelt as everybody spells them. */
export const spelling: Rule = {
  name: 'spelling is right',
  async check(workspace) {
    const output = await runProgram(workspace, 'cspell', ['--no-progress', '--no-summary', '--no-exit-code', '.']);
    const findings: Finding[] = [];
    for (const line of output.split('\n')) {
      const [, file = '', problem = ''] = /^(\S+:\d+:\d+) - (.*)$/.exec(line) ?? [];
      if (file !== '') {
        findings.push({ file, problem, instead: 'correct it, or add the word to cspell.json when it is one' });
      }
    }
    return findings;
  },
};
