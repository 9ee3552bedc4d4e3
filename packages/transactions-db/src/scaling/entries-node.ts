import { z } from 'zod';

/** A server that keeps a part of the entries of every month that is spread. */
export interface EntriesNode {
  /** What the coordinator calls it: `entries_node_1`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Of role `finova_entries_writer` on the node, as which the ledger writes there. */
  readonly writerPassword: string;
  /** Of role `finova_entries_reader` on the node, as which everybody else on the coordinator reads there. */
  readonly readerPassword: string;
}

const node = z.object({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,40}$/),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  database: z.string().min(1),
  writerPassword: z.string().min(1),
  readerPassword: z.string().min(1),
});

/** @throws {z.ZodError} for what cannot be a node, or two of the same name. */
export function parseNodes(nodes: readonly EntriesNode[]): readonly EntriesNode[] {
  return z
    .array(node)
    .min(1)
    .max(63)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'Two nodes have the same name')
    .parse(nodes);
}

/** A month whose entries are spread. */
export interface SpreadMonth {
  /** `entries_2026_12` */
  readonly partition: string;
  readonly firstDay: string;
  /** The first day that is not in it. */
  readonly end: string;
}

/**
 * @param anyDay - `2026-12-24`
 * @throws {z.ZodError} when it is no day.
 */
export function spreadMonth(anyDay: string): SpreadMonth {
  const [year = '', month = ''] = z.iso.date().parse(anyDay).split('-');
  const end = new Date(Date.UTC(Number(year), Number(month), 1)).toISOString().slice(0, 10);
  return { partition: `entries_${year}_${month}`, firstDay: `${year}-${month}-01`, end };
}
