import { type Tree, visitNotIgnoredFiles } from '@nx/devkit';
import type { TableNames } from './table-names.ts';

/** Where a domain lists what its database must refuse, in whichever file of its tests. */
const LIST = /^(?:export )?const REFUSALS: readonly Refusal\[\] = \[\n[\s\S]*?^(?=\];$)/m;

/**
 * Adds what a new table refuses to the list that the domain's tests try: they want every constraint tried. A domain
 * without such a list stays as it is.
 */
export function addRefusals(
  tree: Tree,
  root: string,
  { namespace, table, entityText }: Pick<TableNames, 'table' | 'entityText'> & { readonly namespace: string },
): void {
  let file: string | undefined;
  visitNotIgnoredFiles(tree, `${root}/test`, (path) => {
    if (LIST.test(tree.read(path, 'utf8') ?? '')) {
      file = path;
    }
  });
  if (file === undefined) {
    return;
  }
  const insert = (columns: string, values: string) =>
    `INSERT INTO ${namespace}.${table} (${columns}) SELECT ${values} FROM generate_series(1, 2)`;
  const refusals = [
    [`a ${entityText}’s id twice`, insert('id, name', "'0198c0de-0000-7000-8000-000000000000', 'x'"), 'pkey'],
    [`a ${entityText} without a name`, insert('id, name', "gen_random_uuid(), ' '"), 'name_not_blank'],
    [
      `a ${entityText} with an endless name`,
      insert('id, name', "gen_random_uuid(), repeat('x', 141)"),
      'name_not_long',
    ],
    [`a ${entityText}’s unknown status`, insert('id, name, status', "gen_random_uuid(), 'x', 'lost'"), 'status_known'],
  ];
  const lines = refusals.map(([what, statement, rule]) => `  ['${what}', \`${statement}\`, '${table}_${rule}'],\n`);
  tree.write(
    file,
    (tree.read(file, 'utf8') ?? '').replace(LIST, (before) => `${before}${lines.join('')}`),
  );
}
