import type { Tree } from '@nx/devkit';
import { GeneratorRefusedError } from './generator-refused-error.ts';
import type { TableNames } from './table-names.ts';

/** Adds a line at the end of a file; its linter sorts it in. */
export function appendLine(tree: Tree, file: string, line: string): void {
  tree.write(file, `${(tree.read(file, 'utf8') ?? '').trimEnd()}\n${line}\n`);
}

/**
 * Replaces what a pattern finds in a file.
 *
 * @throws {GeneratorRefusedError} when the file has another form than its neighbours.
 */
function editFile(tree: Tree, file: string, pattern: RegExp, replacement: string): void {
  const text = tree.read(file, 'utf8') ?? '';
  if (!pattern.test(text)) {
    throw new GeneratorRefusedError(
      `change of ${file}`,
      `expected to find ${pattern.source} in it`,
      'bring the file into the form that it has in the other domains',
    );
  }
  tree.write(file, text.replace(pattern, replacement));
}

/** Adds a table to the domain's Kysely interface: its type's import, its export, and its line. */
export function addTable(
  tree: Tree,
  root: string,
  names: Pick<TableNames, 'table' | 'tableFile' | 'tableClass' | 'entityClass'> & { readonly namespace: string },
): void {
  const file = `${root}/src/schema/index.ts`;
  const { namespace, table, tableFile, tableClass, entityClass } = names;
  editFile(
    tree,
    file,
    /(export interface \w+Database \{\n)([^}]*)\}/,
    `$1$2  '${namespace}.${table}': ${tableClass}Table;\n}`,
  );
  const text = tree.read(file, 'utf8') ?? '';
  const exported = `export type { ${entityClass}Status, ${tableClass}Table } from './${tableFile}.ts';\n`;
  // Exports stand above the comment of the interface.
  const withExport = text.replace(/\n*(\/\*\*[^/]*\*\/\nexport interface)/, `\n${exported}\n$1`);
  tree.write(file, `import type { ${tableClass}Table } from './${tableFile}.ts';\n${withExport}`);
}

/** Adds a collection to the list of the domain's, and what its file exports to what the domain's schema exports. */
export function addCollection(
  tree: Tree,
  root: string,
  { tableName, tableFile }: Pick<TableNames, 'tableName' | 'tableFile'>,
): void {
  const file = `${root}/src/schema/index.ts`;
  editFile(tree, file, /(_COLLECTIONS = \[)([^\]]*)(\] as const;)/, `$1$2, ${tableName}$3`);
  const text = (tree.read(file, 'utf8') ?? '').replace('= [, ', '= [').trimEnd();
  const afterImport = text.startsWith('import') ? '\n' : '\n\n';
  const beforeExport = /\nexport \* from .*$/.test(text) ? '\n' : '\n\n';
  tree.write(
    file,
    `import { ${tableName} } from './${tableFile}.ts';${afterImport}${text}${beforeExport}export * from './${tableFile}.ts';\n`,
  );
}

/** Adds a row to the first table of a README. */
export function addReadmeRow(tree: Tree, root: string, row: string): void {
  editFile(tree, `${root}/README.md`, /(\n\| *-[-| ]*\|\n(?:\|.*\n)*)/, `$1${row}\n`);
}

/** Adds the error of something that does not exist. */
export function addNotFoundError(
  tree: Tree,
  root: string,
  { entityClass, entityText }: Pick<TableNames, 'entityClass' | 'entityText'>,
): void {
  const file = `${root}/src/errors.ts`;
  const known = tree.read(file, 'utf8') ?? "import { FinovaError } from '@finova/db-kit';\n";
  tree.write(
    file,
    `${known.trimEnd()}

/** There is no ${entityText} with this id. */
export class ${entityClass}NotFoundError extends FinovaError {
  readonly id: string;

  constructor(id: string) {
    super({ message: \`There is no ${entityText} \${id}\`, next: 'check the id' });
    this.id = id;
  }
}
`,
  );
}
