import type { Client } from 'pg';
import { FinovaError } from '../../errors/index.ts';
import { TARGET } from './dump-part.ts';

/** A schema has objects of kinds that a dump cannot hold: it would be silent about them. */
export class UnsupportedObjectsError extends FinovaError {
  readonly schema: string;
  /** `aggregate accounts.total(bigint)` */
  readonly objects: readonly string[];

  constructor(schema: string, objects: readonly string[]) {
    super({
      message: `Schema ${schema} cannot be dumped: it has ${objects.join(', ')}, and dumps do not hold such objects`,
      next: 'make it by other means, or teach db-kit to dump it',
    });
    this.schema = schema;
    this.objects = objects;
  }
}

/** What else can be in a schema, apart from what an extension put there. */
const UNSUPPORTED = `
  WITH found AS (
    SELECT 'pg_class'::regclass::oid AS class, oid FROM pg_class
      WHERE relnamespace = ${TARGET} AND (relkind = 'f' OR reloftype <> 0)
    UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = ${TARGET} AND prokind = 'a'
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typnamespace = ${TARGET} AND (
      typtype = 'b' AND typelem = 0 OR oid IN (SELECT rngtypid FROM pg_range WHERE rngcanonical <> 0))
    UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprnamespace = ${TARGET}
    UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily WHERE opfnamespace = ${TARGET}
    UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcnamespace = ${TARGET}
    UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation WHERE collnamespace = ${TARGET}
    UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion WHERE connamespace = ${TARGET}
    UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE cfgnamespace = ${TARGET}
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict WHERE dictnamespace = ${TARGET}
    UNION ALL SELECT 'pg_ts_parser'::regclass, oid FROM pg_ts_parser WHERE prsnamespace = ${TARGET}
    UNION ALL SELECT 'pg_ts_template'::regclass, oid FROM pg_ts_template WHERE tmplnamespace = ${TARGET}
  )
  SELECT format('%s %s', type, identity) AS object FROM found, pg_identify_object(class, oid, 0)
  WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = found.oid AND deptype = 'e') ORDER BY 1`;

/**
 * @throws {UnsupportedObjectsError} when the schema has what a dump cannot hold.
 */
export async function refuseUnsupportedObjects(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ object: string }>(UNSUPPORTED, [schema]);
  if (rows.length > 0) {
    throw new UnsupportedObjectsError(
      schema,
      rows.map(({ object }) => object),
    );
  }
}
