import type { Engine } from '@finova/db-kit/migrations';
import { type GeneratorCallback, generateFiles, readJson, type Tree, updateJson, writeJson } from '@nx/devkit';
import { finishGenerating } from './finish.ts';
import { GeneratorRefusedError } from './generator-refused-error.ts';
import { addTableFiles } from './table-generator.ts';
import { requireKebabName, tableNames } from './table-names.ts';
import { templatesOf } from './templates.ts';
import { domainName, domainNames, readTreeDomains, sharedWith, type TreeDomain } from './tree-domains.ts';
import { timestampOfNext } from './tree-migrations.ts';

export interface DomainGeneratorOptions {
  /** `cards` or `cards-db` */
  readonly name: string;
  readonly engine: Engine;
  /** The domains that are migrated before it, with or without `-db`. */
  readonly dependsOn?: readonly string[] | undefined;
  /** What it holds: `Debit and credit cards`. */
  readonly description?: string | undefined;
  /** Its first table or collection, in the plural; without it, the domain's own name. */
  readonly table?: string | undefined;
  /** What one of them is called. */
  readonly entity?: string | undefined;
}

/**
 * `nx g @finova/orchestrator:domain cards --engine=postgres --depends-on=accounts-db`: a whole domain package, in the
 * shape of its neighbours, with a first table or collection.
 *
 * @throws {GeneratorRefusedError}
 */
export async function generateDomain(tree: Tree, options: DomainGeneratorOptions): Promise<GeneratorCallback> {
  const name = domainName(options.name);
  const short = name.replace(/-db$/, '');
  requireKebabName('domain', short);
  const dependsOn = (options.dependsOn ?? []).map(domainName);
  const table = tableNames(options.table ?? short, options.entity);
  const what = `domain ${name}`;
  const known = readTreeDomains(tree);
  if (tree.exists(`packages/${name}`)) {
    throw new GeneratorRefusedError(what, `packages/${name} is there already`, 'give another name');
  }
  const unknown = dependsOn.find((other) => !known.some((domain) => domain.name === other));
  if (unknown !== undefined) {
    const names = known.map((domain) => domain.name).join(', ') || 'none';
    throw new GeneratorRefusedError(
      what,
      `it should depend on ${unknown}, which does not exist`,
      `name some of ${names}`,
    );
  }
  const snake = short.replaceAll('-', '_');
  const domain: TreeDomain = {
    name,
    root: `packages/${name}`,
    engine: options.engine,
    namespace: options.engine === 'postgres' ? snake : `finova_${snake}`,
    dependsOn,
  };
  const description = options.description ?? `${table.tableText[0]?.toUpperCase()}${table.tableText.slice(1)}`;
  requireQuotable(what, description);
  const manifest = { engine: domain.engine, [domain.engine === 'postgres' ? 'schema' : 'database']: domain.namespace };
  tree.write(
    `${domain.root}/database.json`,
    `${JSON.stringify(manifest)
      .replaceAll(/([{:,])/g, '$1 ')
      .replace('}', ' }')}\n`,
  );
  writePackageManifest(tree, domain, description);
  const substitutions = {
    ...domainNames(domain),
    ...table,
    dependsOn,
    description,
    sharedWith: sharedWith(tree, domain),
  };
  generateFiles(tree, templatesOf(`${domain.engine}-domain`), domain.root, {
    ...substitutions,
    schemaTimestamp: timestampOfNext(tree, domain),
  });
  if (domain.engine === 'postgres') {
    generateFiles(tree, templatesOf('domain-roles'), domain.root, {
      ...substitutions,
      timestamp: timestampOfNext(tree, domain),
    });
  }
  addTableFiles(tree, domain, table);
  lockPackage(tree, domain);
  return finishGenerating(tree, domain);
}

/** It becomes the comment of a schema, and part of a README. */
function requireQuotable(what: string, description: string): void {
  if (!/^[^'"`\\\n]{1,140}$/.test(description)) {
    throw new GeneratorRefusedError(
      what,
      'its description should be one line of at most 140 characters without quotes and backslashes',
      'say it in other words',
    );
  }
}

function writePackageManifest(tree: Tree, { name, root, engine, dependsOn }: TreeDomain, description: string): void {
  const { dependencies } = readJson<{ dependencies: Record<string, string> }>(tree, 'packages/db-kit/package.json');
  const driver = engine === 'postgres' ? 'kysely' : 'mongodb';
  const entry = (path: string) => ({
    '@finova/source': `./src/${path}.ts`,
    types: `./dist/${path}.d.ts`,
    default: `./dist/${path}.js`,
  });
  writeJson(tree, `${root}/package.json`, {
    name: `@finova/${name}`,
    version: '0.1.0',
    type: 'module',
    dependencies: {
      '@finova/db-kit': '0.1.0',
      ...Object.fromEntries(dependsOn.map((other) => [`@finova/${other}`, '0.1.0'])),
      [driver]: dependencies[driver],
      zod: dependencies['zod'],
    },
    nx: { name },
    description,
    license: 'MIT',
    exports: {
      '.': entry('index'),
      './seed': entry('seed/index'),
      './package.json': './package.json',
      './database.json': './database.json',
    },
    files: ['dist', 'src', '!src/**/*.test.ts', 'database.json', 'repeatables'],
    engines: { node: '>=20.19.0' },
    sideEffects: false,
    publishConfig: { access: 'restricted' },
  });
}

/** What `npm install` would add to the lock file, and nothing that it would change. */
function lockPackage(tree: Tree, { name, root }: TreeDomain): void {
  if (!tree.exists('package-lock.json')) {
    return;
  }
  const manifest = readJson<Record<'name' | 'version' | 'license', string> & { dependencies: object; engines: object }>(
    tree,
    `${root}/package.json`,
  );
  updateJson(tree, 'package-lock.json', (lock: { packages: Record<string, object> }) => {
    const dependencies = Object.fromEntries(Object.entries(manifest.dependencies).sort(byName));
    const added = {
      [`node_modules/@finova/${name}`]: { resolved: root, link: true },
      [root]: {
        name: manifest.name,
        version: manifest.version,
        license: manifest.license,
        dependencies,
        engines: manifest.engines,
      },
    };
    const packages = Object.entries({ ...lock.packages, ...added }).sort(byName);
    return { ...lock, packages: Object.fromEntries(packages) };
  });
}

/** As npm sorts its lock file. */
function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left.localeCompare(right, 'en');
}
