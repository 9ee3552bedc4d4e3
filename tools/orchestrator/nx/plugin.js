// @ts-check
// Plain JavaScript, and imports nothing but node:path: Nx loads this file on every command, before anything is built.
import { basename, dirname } from 'node:path';

/** @typedef {import('nx/src/config/workspace-json-project-json.js').TargetConfiguration} Target */

/** What decides whether a domain's database changes: its own files and those of the domains below it. */
const MIGRATION_INPUTS = [
  '{projectRoot}/migrations/**/*',
  '{projectRoot}/repeatables/**/*',
  '{projectRoot}/database.json',
  '{projectRoot}/package.json',
];

/** What decides which server the tests run on: a result from one says nothing about another. */
const SERVER_INPUTS = [
  'FINOVA_DATABASES',
  'FINOVA_POSTGRES_URL',
  'FINOVA_MONGODB_URL',
  'FINOVA_POSTGRES_BINARIES',
  'FINOVA_POSTGRES_IMAGE',
].map((env) => ({ env }));

/** What decides the outcome of a tool of the workspace. */
const TOOL_INPUTS = ['{workspaceRoot}/package-lock.json', '{workspaceRoot}/tsconfig.base.json'];

/** Files that the migrations of a domain must agree with. */
const DUMP_INPUTS = ['{projectRoot}/schema.sql', '{projectRoot}/collections.json'];

/**
 * @param {string} description
 * @param {string} technology
 */
const metadata = (description, technology) => ({ description, technologies: [technology] });

/**
 * The targets of one domain.
 *
 * @param {string} domain - the project's name, such as `accounts-db`.
 * @returns {Record<string, Target>}
 */
export function domainTargets(domain) {
  /** @type {(command: string, description: string, dependsOn?: string[]) => Target} */
  const onDatabase = (command, description, dependsOn) => ({
    command: `finova-db ${command}`,
    ...(dependsOn === undefined ? {} : { dependsOn }),
    cache: false,
    metadata: metadata(description, 'finova-db'),
  });
  /** @type {(command: string, description: string, inputs: string[]) => Target} */
  const onMigrations = (command, description, inputs) => ({
    command,
    inputs: ['migrations', '^migrations', ...inputs, 'migrationTools', ...SERVER_INPUTS],
    outputs: [],
    cache: true,
    metadata: metadata(description, 'finova-db'),
  });
  return {
    migrate: onDatabase(
      `up ${domain} --no-dependencies`,
      `Apply the pending migrations of ${domain}, after those of the domains it depends on`,
      ['^migrate'],
    ),
    'migrate-down': onDatabase(`down ${domain}`, `Revert the newest migration of ${domain}`),
    'migrate-status': onDatabase(`status ${domain}`, `Show what is applied and what is pending in ${domain}`),
    seed: onDatabase(`seed ${domain}`, `Add the development data of ${domain}`, ['migrate', '^seed']),
    'migration-test': onMigrations(
      'vitest run {projectRoot}/test/migrations',
      `Test the migrations of ${domain} on a real server: up, down to nothing, up again`,
      DUMP_INPUTS,
    ),
    test: testTarget(domain, `--exclude '**/test/migrations.test.ts' --exclude '**/test/migrations/**'`, [
      'migration-test',
    ]),
    'migration-lint': onMigrations(
      `finova-db lint ${domain}`,
      `Find what will hurt in the migrations of ${domain}, in what they send to a real server`,
      [],
    ),
    'schema-check': onMigrations(
      `finova-db dump ${domain} --check`,
      `Compare the schema.sql or collections.json of ${domain} with what its migrations make`,
      DUMP_INPUTS,
    ),
  };
}

/**
 * The targets of every package, one that is no domain included.
 *
 * @param {string} root - `packages/accounts-db`, or `bench`
 * @returns {Record<string, Target>}
 */
export function packageTargets(root) {
  const project = basename(root);
  const targets = {
    lint: {
      command: 'biome check {projectRoot}',
      inputs: ['{projectRoot}/**/*', '{workspaceRoot}/biome.json', '{workspaceRoot}/package-lock.json'],
      outputs: [],
      cache: true,
      metadata: metadata(`Check the formatting, rules and imports of ${project}`, 'biome'),
    },
    typecheck: {
      command: 'node scripts/check-types.js {projectRoot}',
      inputs: ['default', '^default', '{workspaceRoot}/scripts/check-types.js', ...TOOL_INPUTS],
      outputs: [],
      cache: true,
      metadata: metadata(`Check the types of ${project}, tests and migrations included`, 'typescript'),
    },
    test: testTarget(project),
  };
  return root.includes('/') ? { build: buildTarget(project), ...targets } : targets;
}

/**
 * All tests of a package. What another target has tested already is not tested twice.
 *
 * @param {string} project
 * @param {string} [options]
 * @param {string[]} [dependsOn]
 * @returns {Target}
 */
function testTarget(project, options, dependsOn) {
  return {
    command: ['vitest run {projectRoot}/', ...(options === undefined ? [] : [options])].join(' '),
    ...(dependsOn === undefined ? {} : { dependsOn }),
    inputs: ['default', '^default', 'migrationTools', ...SERVER_INPUTS],
    outputs: [],
    cache: true,
    metadata: metadata(`Run all tests of ${project}`, 'vitest'),
  };
}

/**
 * How a package is compiled into its dist/, against what those it depends on have compiled.
 *
 * @param {string} project
 * @returns {Target}
 */
function buildTarget(project) {
  return {
    command: 'node scripts/build-package.js {projectRoot}',
    dependsOn: ['^build'],
    inputs: [
      '{projectRoot}/src/**/*',
      '{projectRoot}/migrations/**/*',
      '!{projectRoot}/**/*.test.ts',
      '{projectRoot}/package.json',
      '{workspaceRoot}/scripts/build-package.js',
      '{workspaceRoot}/tsconfig.build.json',
      ...TOOL_INPUTS,
      { dependentTasksOutputFiles: '**/*.d.ts', transitive: true },
    ],
    outputs: ['{projectRoot}/dist'],
    cache: true,
    metadata: metadata(`Compile ${project} to ES modules in dist/, with types and source maps`, 'typescript'),
  };
}

/**
 * A package as a project; one with a database.json is a domain, which has more.
 *
 * @param {string} root - `packages/accounts-db`
 * @param {boolean} isDomain
 */
function projectOf(root, isDomain) {
  if (!isDomain) {
    return { root, targets: packageTargets(root) };
  }
  return {
    root,
    tags: ['scope:domain'],
    namedInputs: {
      migrations: [...MIGRATION_INPUTS, '{projectRoot}/test/migrations.test.ts', '{projectRoot}/test/migrations/**/*'],
    },
    targets: { ...packageTargets(root), ...domainTargets(basename(root)) },
  };
}

const MANIFEST_PATTERN = '{packages/*,tools/*,attack,bench}/{package,database}.json';

/** @type {import('nx/src/project-graph/plugins/public-api.js').CreateNodes} */
export const createNodes = [
  MANIFEST_PATTERN,
  (manifests) => {
    const domains = new Set(manifests.filter((path) => basename(path) === 'database.json').map(dirname));
    return manifests
      .filter((path) => basename(path) === 'package.json')
      .map((path) => [path, { projects: { [dirname(path)]: projectOf(dirname(path), domains.has(dirname(path))) } }]);
  },
];

export const createNodesV2 = createNodes;

export const name = '@finova/orchestrator';
