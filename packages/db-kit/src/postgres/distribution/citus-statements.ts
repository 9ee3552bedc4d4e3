import { escapeLiteral } from 'pg';
import { colocationGroup, type DatabaseDistribution, type TableDistribution } from './table-distribution.ts';

/**
 * The statements by which Citus distributes migrated, declared tables, in an order in which each finds what it needs:
 * reference tables, then the tables that begin a group, then those beside them. What stays local is a comment.
 *
 * Whether Citus takes them depends on the tables' constraints and triggers: ask {@link findCitusObstacles}.
 *
 * @throws {RangeError} when a table is declared to lie beside one that is not distributed.
 *
 * @example
 * toCitusStatements(transactionsDistribution).join('\n');
 */
export function toCitusStatements<Database>(declared: DatabaseDistribution<Database>): string[] {
  const distributions: Readonly<Record<string, TableDistribution>> = declared;
  const tables = Object.entries(distributions);
  const statement = ([name, distribution]: readonly [string, TableDistribution]) => {
    const table = escapeLiteral(name);
    if (distribution.kind === 'local') {
      return `-- ${name} stays on the coordinator: ${distribution.why}`;
    }
    if (distribution.kind === 'reference') {
      return `SELECT create_reference_table(${table});`;
    }
    const group = colocationGroup(distributions, name);
    const beside = escapeLiteral(group === name ? 'none' : group);
    return `SELECT create_distributed_table(${table}, ${escapeLiteral(distribution.column)}, colocate_with => ${beside});`;
  };
  const rank = ([name, distribution]: readonly [string, TableDistribution]) => {
    if (distribution.kind === 'distributed') {
      return colocationGroup(distributions, name) === name ? 1 : 2;
    }
    return distribution.kind === 'reference' ? 0 : 3;
  };
  return tables.toSorted((left, right) => rank(left) - rank(right)).map(statement);
}
