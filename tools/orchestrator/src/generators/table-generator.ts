import { type GeneratorCallback, generateFiles, type Tree } from '@nx/devkit';
import { addRefusals } from './add-refusals.ts';
import { addCollection, addNotFoundError, addReadmeRow, addTable, appendLine } from './edit-sources.ts';
import { finishGenerating } from './finish.ts';
import { GeneratorRefusedError } from './generator-refused-error.ts';
import { type TableNames, tableNames } from './table-names.ts';
import { templatesOf } from './templates.ts';
import { findTestDatabase } from './test-database.ts';
import { domainNames, requireTreeDomain, sharedWith, type TreeDomain } from './tree-domains.ts';
import { timestampOfNext, writeTreeMigrationIds } from './tree-migrations.ts';

export interface TableGeneratorOptions {
  /** `cards` or `cards-db` */
  readonly domain: string;
  /** In the plural: `gift-cards`. */
  readonly name: string;
  /** What one of them is called, where the name without its plural is something else. */
  readonly entity?: string | undefined;
}

/**
 * `nx g @finova/orchestrator:table DOMAIN NAME`: a table with its migration, its type, its repository and their tests.
 *
 * @throws {GeneratorRefusedError}
 */
export async function generateTable(tree: Tree, options: TableGeneratorOptions): Promise<GeneratorCallback> {
  const domain = requireTreeDomain(tree, `table ${options.name}`, options.domain, 'postgres');
  addTableFiles(tree, domain, tableNames(options.name, options.entity));
  return finishGenerating(tree, domain);
}

/**
 * `nx g @finova/orchestrator:collection DOMAIN NAME`: a collection with its migration, its definition, its repository and
 * their tests.
 *
 * @throws {GeneratorRefusedError}
 */
export async function generateCollection(tree: Tree, options: TableGeneratorOptions): Promise<GeneratorCallback> {
  const domain = requireTreeDomain(tree, `collection ${options.name}`, options.domain, 'mongodb');
  addTableFiles(tree, domain, tableNames(options.name, options.entity));
  return finishGenerating(tree, domain);
}

/** Writes a table or collection, whichever the domain's engine has. */
export function addTableFiles(tree: Tree, domain: TreeDomain, table: TableNames): void {
  const { root } = domain;
  if (tree.exists(`${root}/src/schema/${table.tableFile}.ts`)) {
    throw new GeneratorRefusedError(`table ${table.table}`, `${domain.name} has it already`, 'give another name');
  }
  const substitutions = {
    ...domainNames(domain),
    ...table,
    sharedWith: sharedWith(tree, domain),
    timestamp: timestampOfNext(tree, domain),
    hasRoles: tree.exists(`${root}/migrations/frozen/domain-roles.ts`),
  };
  addNotFoundError(tree, root, table);
  if (domain.engine === 'postgres') {
    if (findTestDatabase(tree, root) === undefined) {
      generateFiles(tree, templatesOf('table-database'), root, substitutions);
    }
    generateFiles(tree, templatesOf('table'), root, { ...substitutions, ...findTestDatabase(tree, root) });
    addRefusals(tree, root, { ...substitutions, ...table });
    addTable(tree, root, { ...substitutions, ...table });
    addReadmeRow(tree, root, `| \`${table.table}\` | one row per ${table.entityText} |`);
  } else {
    generateFiles(tree, templatesOf('collection'), root, substitutions);
    if (!tree.exists(`${root}/migrations/frozen/collection-steps.ts`)) {
      generateFiles(tree, templatesOf('collection-steps'), root, substitutions);
    }
    addCollection(tree, root, table);
    const { entityConstant, entityClass, tableName, tableFile } = table;
    appendLine(
      tree,
      `${root}/src/index.ts`,
      `export { ${entityConstant}_STATUSES, type ${entityClass}Document, type ${entityClass}Status, ${tableName} } from './schema/${tableFile}.ts';`,
    );
    addReadmeRow(tree, root, `| \`${table.table}\` | one document per ${table.entityText} | \`{ _id: 'hashed' }\` |`);
  }
  const { entityClass, entityFile } = table;
  appendLine(
    tree,
    `${root}/src/index.ts`,
    `export { type ${entityClass}, ${entityClass}Repository, type New${entityClass} } from './repositories/${entityFile}-repository.ts';`,
  );
  writeTreeMigrationIds(tree, domain);
}
