import { FinovaError } from '../../errors/index.ts';
import { DUMP_SECTIONS, type DumpStatement } from './dump-part.ts';

/** A catalog row needs another: `pg_class/16402` needs `pg_proc/16390`. */
export interface Need {
  readonly object: string;
  readonly needs: string;
}

/** Objects need each other, so that none can be made first. */
export class CircularObjectsError extends FinovaError {
  /** From an object over what each needs to the same object again. */
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super({
      message: `A schema with objects that need each other cannot be dumped: ${path.join(' needs ')}`,
      next: 'take one of these needs away, such as a generated column that calls a function of its own table',
    });
    this.path = path;
  }
}

/**
 * Orders statements by their sections and names, except that what one needs is moved before it.
 *
 * @throws {CircularObjectsError}
 */
export function orderStatements(statements: readonly DumpStatement[], needs: readonly Need[]): DumpStatement[] {
  const makers = new Map(statements.flatMap((statement) => statement.makes.map((key) => [key, statement] as const)));
  const needed = new Map<DumpStatement, DumpStatement[]>();
  for (const need of needs) {
    const [statement, maker] = [makers.get(need.object), makers.get(need.needs)];
    if (statement !== undefined && maker !== undefined && statement !== maker) {
      needed.set(statement, [...(needed.get(statement) ?? []), maker]);
    }
  }
  const ordered = new Set<DumpStatement>();
  const visit = (statement: DumpStatement, path: readonly DumpStatement[]): void => {
    if (path.includes(statement)) {
      throw new CircularObjectsError([...path.slice(path.indexOf(statement)), statement].map(({ name }) => name));
    }
    if (!ordered.has(statement)) {
      for (const other of (needed.get(statement) ?? []).sort(bySectionAndName)) {
        visit(other, [...path, statement]);
      }
      ordered.add(statement);
    }
  };
  for (const statement of [...statements].sort(bySectionAndName)) {
    visit(statement, []);
  }
  return [...ordered];
}

function bySectionAndName(left: DumpStatement, right: DumpStatement): number {
  const sections = DUMP_SECTIONS.indexOf(left.section) - DUMP_SECTIONS.indexOf(right.section);
  return sections !== 0 ? sections : compareText(left.name, right.name) || compareText(left.sql, right.sql);
}

/** By code units: the same everywhere, unlike the order of any language. */
function compareText(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
