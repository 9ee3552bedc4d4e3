/** How the rows of a table lie on the servers of a cluster that has several. */
export type TableDistribution<Table = Readonly<Record<string, unknown>>, Name extends string = string> =
  | {
      readonly kind: 'distributed';
      /** Rows with the same value here lie on the same server. */
      readonly column: keyof Table & string;
      /** The table beside whose rows of the same value they lie; without one it begins a group of its own. */
      readonly colocatedWith?: Name;
    }
  /** A copy on every server: small, rarely changed, joined everywhere. */
  | { readonly kind: 'reference' }
  /** On the one server that takes the requests. */
  | { readonly kind: 'local'; readonly why: string };

/** How every table of a database is distributed: none is forgotten, and the columns exist. */
export type DatabaseDistribution<Database> = {
  readonly [Name in keyof Database & string]: TableDistribution<Database[Name], keyof Database & string>;
};

/** The table that began the group in which a distributed table lies. */
export function colocationGroup(distributions: Readonly<Record<string, TableDistribution>>, name: string): string {
  const seen = new Set<string>();
  for (let current = name; ; ) {
    const distribution = distributions[current];
    if (distribution?.kind !== 'distributed' || seen.has(current)) {
      throw new RangeError(`Table ${name} lies beside ${current}, which is not distributed or lies beside itself`);
    }
    if (distribution.colocatedWith === undefined) {
      return current;
    }
    seen.add(current);
    current = distribution.colocatedWith;
  }
}
