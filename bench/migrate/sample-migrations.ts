/** One trivial migration, before a runner's own form is given to it. */
export interface SampleMigration {
  /** From 1. */
  readonly number: number;
  /** `create-table-0001` */
  readonly name: string;
  /** `20260101T000100`: a timestamp of its own. */
  readonly timestamp: string;
  /** Name of the table it makes. */
  readonly table: string;
  readonly up: string;
  readonly down: string;
}

const FIRST_MOMENT = Date.UTC(2026, 0, 1);
const MINUTE_MS = 60_000;

/**
 * Makes migrations that create a table each.
 *
 * @param tag - part of the tables' names, so that no runner can profit from having met the same text before.
 */
export function sampleMigrations(count: number, tag: string): SampleMigration[] {
  return Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    const digits = String(number).padStart(4, '0');
    const table = `bench_${tag}_${digits}`;
    return {
      number,
      name: `create-table-${digits}`,
      timestamp: new Date(FIRST_MOMENT + number * MINUTE_MS).toISOString().replaceAll(/[-:]/g, '').slice(0, 15),
      table,
      up: `CREATE TABLE ${table} (id integer PRIMARY KEY)`,
      down: `DROP TABLE ${table}`,
    };
  });
}
