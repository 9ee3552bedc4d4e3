// @ts-check
// Checks the types of one package, tests and migrations included: node scripts/check-types.js packages/accounts-db
import { join, resolve } from 'node:path';
import ts from 'typescript';

const WORKSPACE = resolve(import.meta.dirname, '..');

const [packageFolder] = process.argv.slice(2);
if (packageFolder === undefined) {
  throw new Error('No package given: expected a folder such as packages/accounts-db');
}
const config = {
  extends: join(WORKSPACE, 'tsconfig.base.json'),
  // The names of all migrations, which `requires` may speak of.
  include: ['**/*.ts', join(WORKSPACE, 'packages/*/migrations/ids.d.ts')],
  exclude: ['dist', '**/node_modules'],
};
const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, resolve(packageFolder));
const problems = [...errors, ...ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options))];
process.stderr.write(
  ts.formatDiagnosticsWithColorAndContext(problems, {
    getCanonicalFileName: (path) => path,
    getCurrentDirectory: () => WORKSPACE,
    getNewLine: () => '\n',
  }),
);
process.exitCode = problems.length === 0 ? 0 : 1;
