import Table from 'cli-table3';
import type { Ratios } from './ratio.ts';

/** Lays rows out as a table without colours; `undefined` shows as a dash. */
export function renderTable(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => row.map((cell) => cell ?? '–')));
  return table.toString();
}

/** The table that closes the report of a benchmark. */
export function renderRatios(ratios: Ratios): string {
  return renderTable(
    ['result', 'value', 'target', 'holds'],
    Object.entries(ratios).map(([name, { value, target, holds }]) => [
      name,
      String(value),
      target,
      holds ? 'yes' : 'NO',
    ]),
  );
}
