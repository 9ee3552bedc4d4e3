// @ts-check
// Compiles one package into its dist/: node scripts/build-package.js packages/accounts-db
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';

const WORKSPACE = resolve(import.meta.dirname, '..');
const formatHost = {
  getCanonicalFileName: (/** @type {string} */ path) => path,
  getCurrentDirectory: () => WORKSPACE,
  getNewLine: () => '\n',
};

/**
 * The options of tsconfig.build.json for some files of the package.
 *
 * @param {string} folder
 * @param {{ include: string[], compilerOptions: object }} overrides
 */
function readConfig(folder, overrides) {
  const config = { extends: join(WORKSPACE, 'tsconfig.build.json'), exclude: ['**/*.test.ts'], ...overrides };
  return ts.parseJsonConfigFileContent(config, ts.sys, folder);
}

/**
 * Compiles src/ into dist/, with declarations and maps.
 *
 * @param {string} folder
 */
function compileSources(folder) {
  const { options, fileNames, errors } = readConfig(folder, {
    include: ['src/**/*'],
    compilerOptions: { rootDir: 'src', outDir: 'dist' },
  });
  const program = ts.createProgram(fileNames, options);
  // With errors nothing is emitted.
  const { diagnostics } = program.emit();
  return [...errors, ...ts.getPreEmitDiagnostics(program), ...diagnostics];
}

/**
 * Takes the types out of migrations/, into dist/migrations/, and changes nothing else: what is installed must have the
 * checksums that the sources have. Their types are checked with the workspace's.
 *
 * @param {string} folder
 */
function stripMigrations(folder) {
  const { options, fileNames } = readConfig(folder, {
    include: ['migrations/**/*'],
    compilerOptions: {
      // Newer syntax than an older target has would be rewritten, and is then another migration.
      target: 'esnext',
      // By the name: one file alone is not looked up in its package, which says that all are ES modules.
      module: 'esnext',
      moduleResolution: 'bundler',
      inlineSources: true,
      declaration: false,
      declarationMap: false,
    },
  });
  return fileNames
    .filter((path) => !path.endsWith('.d.ts'))
    .flatMap((path) => {
      const output = join(folder, 'dist', relative(folder, path)).replace(/\.ts$/, '.js');
      const fileName = relative(dirname(output), path);
      const { outputText, sourceMapText, diagnostics } = ts.transpileModule(readFileSync(path, 'utf8'), {
        compilerOptions: options,
        fileName,
        reportDiagnostics: true,
      });
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, outputText);
      writeFileSync(`${output}.map`, sourceMapText ?? '');
      return diagnostics ?? [];
    });
}

const [packageFolder] = process.argv.slice(2);
if (packageFolder === undefined) {
  throw new Error('No package given: expected a folder such as packages/accounts-db');
}
const folder = resolve(packageFolder);
// A file whose source is gone would be published.
rmSync(join(folder, 'dist'), { recursive: true, force: true });
const problems = [...compileSources(folder), ...stripMigrations(folder)];
process.stderr.write(ts.formatDiagnostics(problems, formatHost));
process.exitCode = problems.length === 0 ? 0 : 1;
