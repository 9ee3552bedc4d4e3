// @ts-check
// Plain JavaScript, and imports nothing but node:path: Nx loads this file on every command, before anything is built.
import { basename, dirname } from 'node:path';

/** What decides whether a domain's database changes: its own files and those of the domains below it. */
const MIGRATION_INPUTS = [
  '{projectRoot}/migrations/**/*',
  '{projectRoot}/repeatables/**/*',
  '{projectRoot}/database.json',
  '{projectRoot}/package.json',
];

/** What decides which server the tests run on: a result from one says nothing about another. */
const SERVER_INPUTS = ['FINOVA_DATABASES', 'FINOVA_POSTGRES_URL', 'FINOVA_MONGODB_URL', 'FINOVA_POSTGRES_BINARIES'].map(
  (env) => ({ env }),
);

/**
 * The targets of one domain.
 *
 * @param {string} domain - the project's name, such as `accounts-db`.
 * @returns {Record<string, import('nx/src/config/workspace-json-project-json.js').TargetConfiguration>}
 */
export function domainTargets(domain) {
  const metadata = (/** @type {string} */ description) => ({ description, technologies: ['finova-db'] });
  return {
    migrate: {
      command: `finova-db up ${domain} --no-dependencies`,
      dependsOn: ['^migrate'],
      cache: false,
      metadata: metadata(`Apply the pending migrations of ${domain}, after those of the domains it depends on`),
    },
    'migrate-down': {
      command: `finova-db down ${domain}`,
      cache: false,
      metadata: metadata(`Revert the newest migration of ${domain}`),
    },
    'migrate-status': {
      command: `finova-db status ${domain}`,
      cache: false,
      metadata: metadata(`Show what is applied and what is pending in ${domain}`),
    },
    seed: {
      command: `finova-db seed ${domain}`,
      dependsOn: ['migrate', '^seed'],
      cache: false,
      metadata: metadata(`Add the development data of ${domain}`),
    },
    'migration-test': {
      command: `vitest run {projectRoot}/test/migrations`,
      inputs: ['migrations', '^migrations', 'migrationTools', ...SERVER_INPUTS],
      outputs: [],
      cache: true,
      metadata: metadata(`Test the migrations of ${domain} on a real server: up, down to nothing, up again`),
    },
    test: {
      command: `vitest run {projectRoot}`,
      inputs: ['default', '^default', 'migrationTools', ...SERVER_INPUTS],
      outputs: [],
      cache: true,
      metadata: metadata(`Run all tests of ${domain}`),
    },
  };
}

/**
 * How a package is compiled into its dist/, against what those it depends on have compiled.
 *
 * @returns {import('nx/src/config/workspace-json-project-json.js').TargetConfiguration}
 */
export function buildTarget() {
  return {
    command: 'node scripts/build-package.js {projectRoot}',
    dependsOn: ['^build'],
    inputs: [
      '{projectRoot}/src/**/*',
      '{projectRoot}/migrations/**/*',
      '!{projectRoot}/**/*.test.ts',
      '{projectRoot}/package.json',
      '{workspaceRoot}/package-lock.json',
      '{workspaceRoot}/scripts/build-package.js',
      '{workspaceRoot}/tsconfig.base.json',
      '{workspaceRoot}/tsconfig.build.json',
      { dependentTasksOutputFiles: '**/*.d.ts', transitive: true },
    ],
    outputs: ['{projectRoot}/dist'],
    cache: true,
    metadata: {
      description: 'Compile to ES modules in dist/, with types and source maps',
      technologies: ['typescript'],
    },
  };
}

/**
 * What a database.json makes of a package.
 *
 * @param {string} root - `packages/accounts-db`
 */
function domainProject(root) {
  return {
    tags: ['scope:domain'],
    namedInputs: {
      migrations: [...MIGRATION_INPUTS, '{projectRoot}/test/migrations.test.ts', '{projectRoot}/test/migrations/**/*'],
    },
    targets: domainTargets(basename(root)),
  };
}

/** Every package is built; a database.json makes it a domain. */
const MANIFEST_PATTERN = '{packages,tools}/*/{package,database}.json';

/** @type {import('nx/src/project-graph/plugins/public-api.js').CreateNodes} */
export const createNodes = [
  MANIFEST_PATTERN,
  (manifests) =>
    manifests.map((manifest) => {
      const root = dirname(manifest);
      const project =
        basename(manifest) === 'database.json' ? domainProject(root) : { targets: { build: buildTarget() } };
      return [manifest, { projects: { [root]: { root, ...project } } }];
    }),
];

export const createNodesV2 = createNodes;

export const name = '@finova/orchestrator';
