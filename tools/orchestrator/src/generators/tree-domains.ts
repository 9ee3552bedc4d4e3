import type { Engine } from '@finova/db-kit/migrations';
import { names, readJson, type Tree } from '@nx/devkit';
import { orderDomains } from '../workspace/domain-order.ts';
import { GeneratorRefusedError } from './generator-refused-error.ts';

/** A domain as the files of a workspace have it, those included that are not written yet. */
export interface TreeDomain {
  /** `cards-db` */
  readonly name: string;
  /** `packages/cards-db` */
  readonly root: string;
  readonly engine: Engine;
  /** PostgreSQL: the schema. MongoDB: the database. */
  readonly namespace: string;
  /** Names of the domains it depends on directly. */
  readonly dependsOn: readonly string[];
}

/** All domains, dependencies first. */
export function readTreeDomains(tree: Tree): TreeDomain[] {
  const folders = tree.children('packages').filter((name) => tree.exists(`packages/${name}/database.json`));
  return orderDomains(
    folders.map((name) => {
      const root = `packages/${name}`;
      const manifest = readJson<{ engine: Engine; schema?: string; database?: string }>(tree, `${root}/database.json`);
      const { dependencies = {} } = readJson<{ dependencies?: object }>(tree, `${root}/package.json`);
      return {
        name,
        root,
        engine: manifest.engine,
        namespace: manifest.schema ?? manifest.database ?? '',
        dependsOn: folders.filter((other) => `@finova/${other}` in dependencies),
      };
    }),
  );
}

/**
 * @param what - what is to be generated: `table cards`.
 * @param domain - with or without `-db`.
 * @throws {GeneratorRefusedError} when there is no such domain, or it lives on another engine.
 */
export function requireTreeDomain(tree: Tree, what: string, domain: string, engine?: Engine): TreeDomain {
  const domains = readTreeDomains(tree);
  const name = domainName(domain);
  const found = domains.find((candidate) => candidate.name === name);
  if (found === undefined) {
    const known = domains.map((candidate) => candidate.name).join(', ') || 'none';
    throw new GeneratorRefusedError(what, `there is no domain ${name}`, `name one of ${known}`);
  }
  if (engine !== undefined && found.engine !== engine) {
    const other = found.engine === 'postgres' ? 'table' : 'collection';
    throw new GeneratorRefusedError(
      what,
      `${name} lives on ${found.engine}, which has no ${engine === 'postgres' ? 'tables' : 'collections'}`,
      `run nx g @finova/orchestrator:${other}`,
    );
  }
  return found;
}

/** `cards-db` of `cards` and of `cards-db`. */
export function domainName(name: string): string {
  return name.endsWith('-db') ? name : `${name}-db`;
}

/** How a domain is called in its own code. */
export function domainNames({ name, namespace, root }: TreeDomain) {
  const { className, constantName, fileName } = names(name.replace(/-db$/, ''));
  return {
    domain: name,
    root,
    namespace,
    packageName: `@finova/${name}`,
    domainFile: fileName,
    domainClass: className,
    domainConstant: constantName,
    databaseClass: `${className}Database`,
  };
}

/** The PostgreSQL domains that one stands on, in their order: they are migrated before it wherever it is tested. */
export function sharedWith(tree: Tree, { dependsOn, engine }: Pick<TreeDomain, 'dependsOn' | 'engine'>): string[] {
  const domains = readTreeDomains(tree);
  const needed = new Set<string>();
  const visit = (names: readonly string[]): void => {
    for (const domain of domains.filter(({ name }) => names.includes(name) && !needed.has(name))) {
      needed.add(domain.name);
      visit(domain.dependsOn);
    }
  };
  visit(engine === 'postgres' ? dependsOn : []);
  return domains.filter((domain) => needed.has(domain.name) && domain.engine === 'postgres').map(({ name }) => name);
}
