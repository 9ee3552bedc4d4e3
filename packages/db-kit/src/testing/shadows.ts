import { withPostgresClient } from '../postgres/connect.ts';

/** The types between whose values operators have shadows. */
const TYPES = '{text, name, uuid, boolean, integer, bigint, date, timestamptz, jsonb, xid8}';
const OPERATORS = `{=,<>,<,>,<=,>=,+,-,||}`;
const FUNCTIONS = '{now(), clock_timestamp(), to_regrole(text)}';

/** Does what `%s` does, unless it was called in the body of a function: the context has a line for each that is running. */
const BODY = `
  DECLARE
    stack text;
  BEGIN
    GET DIAGNOSTICS stack = PG_CONTEXT;
    IF stack LIKE E'%%\\n%%' THEN
      RAISE 'A shadow was called by a function: %%', stack;
    END IF;
    RETURN %s;
  END`;

/**
 * Makes a schema in which common operators and some functions have shadows: what a caller with a search path of its own
 * could put before those of the server. They do the same where a statement uses them, and fail in the body of a function.
 *
 * @param url - a superuser's.
 */
export function plantShadows(url: string): Promise<void> {
  return withPostgresClient({ url, applicationName: 'finova tests' }, async (client) => {
    await client.query(`
      CREATE SCHEMA shadows;
      GRANT USAGE ON SCHEMA shadows TO PUBLIC;
      DO $plant$
      DECLARE
        original record;
      BEGIN
        FOR original IN
          SELECT format('operator_%s', oid) AS name, format('%s, %s', oprleft::regtype, oprright::regtype) AS arguments,
            oprresult::regtype AS result, format('$1 OPERATOR(pg_catalog.%s) $2', oprname) AS call,
            format('CREATE OPERATOR shadows.%s (FUNCTION = shadows.operator_%s, LEFTARG = %s, RIGHTARG = %s)',
              oprname, oid, oprleft::regtype, oprright::regtype) AS use
          FROM pg_operator
          WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname = ANY ('${OPERATORS}'::text[])
            AND oprleft = ANY ('${TYPES}'::regtype[]) AND oprright = ANY ('${TYPES}'::regtype[])
          UNION ALL
          SELECT proname, pg_get_function_identity_arguments(oid), prorettype::regtype,
            format('pg_catalog.%I(%s)', proname, CASE pronargs WHEN 1 THEN '$1' END), NULL
          FROM pg_proc WHERE oid = ANY ('${FUNCTIONS}'::regprocedure[])
        LOOP
          EXECUTE format('CREATE FUNCTION shadows.%I(%s) RETURNS %s LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
            original.name, original.arguments, original.result, format($body$${BODY}$body$, original.call));
          IF original.use IS NOT NULL THEN
            EXECUTE original.use;
          END IF;
        END LOOP;
      END $plant$`);
  });
}

/** The same in a session that finds shadows before what the server has. Needs `plantShadows`. */
export function amongShadows(statements: string): string {
  return `SET LOCAL search_path = shadows, pg_catalog; ${statements}`;
}
