import { parse } from 'libpg-query';

/** What one SQL statement does, as far as the rules of migrations ask. */
export interface SqlFacts {
  /** The beginning of its text, on one line. */
  readonly at: string;
  readonly creates: readonly string[];
  /** Tables that it drops, columns of which it drops, or rows of which it deletes. */
  readonly destroys: readonly string[];
  readonly index: { readonly table: string; readonly isUnique: boolean; readonly isConcurrent: boolean } | undefined;
  /** Tables whose rows it reads or changes: a check or a clean-up before a constraint. */
  readonly touchesRowsOf: readonly string[];
  /** What it makes without saying in which schema. */
  readonly unqualified: readonly string[];
}

interface Relation {
  readonly schemaname?: string;
  readonly relname?: string;
}

/** Statements that change rows or read them, by the parser's names. */
const ROW_STATEMENTS = ['SelectStmt', 'UpdateStmt', 'DeleteStmt', 'InsertStmt', 'DoStmt', 'MergeStmt'];

/** Reads what SQL does with PostgreSQL's own parser. */
export async function readSqlFacts(sql: string): Promise<SqlFacts[]> {
  const { stmts = [] } = await parse(sql);
  return stmts.map(({ stmt }) => {
    const [kind = '', node] = Object.entries(stmt ?? {})[0] ?? [];
    return factsOf(kind, node as Record<string, unknown>, sql.replaceAll(/\s+/g, ' ').trim().slice(0, 80));
  });
}

function factsOf(kind: string, node: Record<string, unknown>, at: string): SqlFacts {
  const relation = node['relation'] as Relation | undefined;
  const made = madeBy(kind, node);
  return {
    at,
    creates: made.flatMap((target) => nameOf(target) ?? []),
    destroys: destroyedBy(kind, node),
    index:
      kind === 'IndexStmt'
        ? {
            table: nameOf(relation) ?? '',
            isUnique: node['unique'] === true,
            isConcurrent: node['concurrent'] === true,
          }
        : undefined,
    touchesRowsOf: ROW_STATEMENTS.includes(kind) ? relationsIn(node) : [],
    unqualified: [
      ...made.flatMap((target) => (target.schemaname === undefined ? (target.relname ?? []) : [])),
      ...(kind === 'CreateFunctionStmt' ? unqualifiedName(node['funcname']) : []),
      ...(kind === 'CreateEnumStmt' ? unqualifiedName(node['typeName']) : []),
      ...(kind === 'CreateDomainStmt' ? unqualifiedName(node['domainname']) : []),
    ],
  };
}

function madeBy(kind: string, node: Record<string, unknown>): Relation[] {
  switch (kind) {
    case 'CreateStmt':
      return [node['relation'] as Relation];
    case 'CreateTableAsStmt':
      return [(node['into'] as { readonly rel: Relation }).rel];
    case 'ViewStmt':
      return [node['view'] as Relation];
    case 'CreateSeqStmt':
      return [node['sequence'] as Relation];
    default:
      return [];
  }
}

function destroyedBy(kind: string, node: Record<string, unknown>): string[] {
  const table = nameOf(node['relation'] as Relation | undefined) ?? '';
  if (kind === 'DeleteStmt') {
    return [table];
  }
  if (kind === 'TruncateStmt') {
    return relationsIn(node);
  }
  if (kind === 'AlterTableStmt') {
    const commands = node['cmds'] as readonly {
      readonly AlterTableCmd?: { readonly subtype?: string; readonly name?: string };
    }[];
    return commands.flatMap(({ AlterTableCmd }) =>
      AlterTableCmd?.subtype === 'AT_DropColumn' ? [`${table}.${AlterTableCmd.name}`] : [],
    );
  }
  if (kind === 'DropStmt' && ['OBJECT_TABLE', 'OBJECT_MATVIEW'].includes(String(node['removeType']))) {
    return (node['objects'] as readonly unknown[]).map((object) => strings(object).join('.'));
  }
  const drops = kind === 'DropStmt' && node['removeType'] === 'OBJECT_SCHEMA' && node['behavior'] === 'DROP_CASCADE';
  return drops ? ['everything in the schema'] : [];
}

function nameOf(relation: Relation | undefined): string | undefined {
  return relation?.relname === undefined ? undefined : `${relation.schemaname ?? 'public'}.${relation.relname}`;
}

function unqualifiedName(name: unknown): string[] {
  const parts = strings(name);
  return parts.length === 1 ? parts : [];
}

/** All names in a node, in their order. */
function strings(node: unknown): string[] {
  if (node === null || typeof node !== 'object') {
    return [];
  }
  const own = (node as { readonly String?: { readonly sval?: string } }).String?.sval;
  return own === undefined ? Object.values(node).flatMap(strings) : [own];
}

/** All tables that a node names, however deep. */
function relationsIn(node: unknown): string[] {
  if (node === null || typeof node !== 'object') {
    return [];
  }
  const relation = node as Relation;
  const own = typeof relation.relname === 'string' ? [nameOf(relation) ?? ''] : [];
  return [...own, ...Object.values(node).flatMap(relationsIn)];
}
