import { type Kysely, sql } from 'kysely';

type Database = Kysely<any>;

/** Membership that one may not act by exists since PostgreSQL 16. */
const ACTING = `CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END`;

/**
 * Makes the roles of a schema where they are missing, gives the schema to its owner role and the migrator's tables to
 * its migrator role, and takes everything from PUBLIC, now and for what is made later. Roles belong to the whole server,
 * so another of its databases may make or drop them at the same time.
 */
export async function createDomainRoles(db: Database, schema: string): Promise<void> {
  await ensureRoles(db, schema);
  await giveEverything(db, schema, `finova_${schema}_owner`);
  await giveEverything(db, `${schema}_migrations`, `finova_${schema}_migrator`);
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run(`REVOKE ALL ON SCHEMA ${schema}, ${schema}_migrations FROM PUBLIC`);
  await run(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema}, ${schema}_migrations FROM PUBLIC`);
  await run(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema}, ${schema}_migrations FROM PUBLIC`);
  await run(`REVOKE ALL ON ALL ROUTINES IN SCHEMA ${schema}, ${schema}_migrations FROM PUBLIC`);
  await eachType(db, schema, 'REVOKE ALL ON TYPE %s FROM PUBLIC');
  // What PUBLIC has by itself can only be taken for all schemas of a role, and this role has one.
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner REVOKE EXECUTE ON ROUTINES FROM PUBLIC`);
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner REVOKE USAGE ON TYPES FROM PUBLIC`);
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner IN SCHEMA ${schema}
    GRANT SELECT ON TABLES TO finova_${schema}_app, finova_${schema}_readonly`);
  // A service may ask which migrations are applied; who watches may see every attempt.
  await run(`GRANT USAGE ON SCHEMA ${schema}_migrations TO finova_${schema}_app, finova_${schema}_readonly`);
  await run(`GRANT SELECT ON ${schema}_migrations.journal TO finova_${schema}_app, finova_${schema}_readonly`);
  await run(
    `GRANT SELECT ON ${schema}_migrations.history, ${schema}_migrations.repeatables TO finova_${schema}_readonly`,
  );
}

/**
 * Gives the schema back to whoever migrates and to PUBLIC what PostgreSQL gives it, takes what the roles have in this
 * database, and drops each role that nothing on the server uses.
 */
export async function dropDomainRoles(db: Database, schema: string): Promise<void> {
  const others = `finova_${schema}_migrator, finova_${schema}_app, finova_${schema}_readonly`;
  const run = (statement: string) => sql.raw(statement).execute(db);
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner IN SCHEMA ${schema}
    REVOKE SELECT ON TABLES FROM finova_${schema}_app, finova_${schema}_readonly`);
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner GRANT USAGE ON TYPES TO PUBLIC`);
  await run(`ALTER DEFAULT PRIVILEGES FOR ROLE finova_${schema}_owner GRANT EXECUTE ON ROUTINES TO PUBLIC`);
  await giveEverything(db, schema);
  await giveEverything(db, `${schema}_migrations`);
  await run(`REVOKE ALL ON SCHEMA ${schema}, ${schema}_migrations FROM ${others}`);
  await run(`REVOKE ALL ON ALL TABLES IN SCHEMA ${schema}, ${schema}_migrations FROM ${others}`);
  await run(`REVOKE ALL ON ALL SEQUENCES IN SCHEMA ${schema}, ${schema}_migrations FROM ${others}`);
  await run(`REVOKE ALL ON ALL ROUTINES IN SCHEMA ${schema}, ${schema}_migrations FROM ${others}`);
  await run(`GRANT EXECUTE ON ALL ROUTINES IN SCHEMA ${schema}, ${schema}_migrations TO PUBLIC`);
  await eachType(db, schema, 'GRANT USAGE ON TYPE %s TO PUBLIC');
  await dropUnusedRoles(db, schema);
}

/**
 * The schemas change hands and the first grants are made in here, role by role in one order: each locks its role for
 * the rest of the transaction, so that no other database drops it any more. A role that was dropped just before is made
 * again.
 */
async function ensureRoles(db: Database, schema: string): Promise<void> {
  await sql
    .raw(`
      DO $roles$
      DECLARE
        owner_role CONSTANT text := 'finova_${schema}_owner';
        migrator_role CONSTANT text := 'finova_${schema}_migrator';
        app_role CONSTANT text := 'finova_${schema}_app';
        readonly_role CONSTANT text := 'finova_${schema}_readonly';
        acting CONSTANT text := ${ACTING};
        role_name text;
        attempt integer := 0;
      BEGIN
        LOOP
          BEGIN
            FOREACH role_name IN ARRAY ARRAY[owner_role, migrator_role, app_role, readonly_role] LOOP
              IF to_regrole(role_name) IS NULL THEN
                BEGIN
                  EXECUTE format('CREATE ROLE %I %s', role_name,
                    CASE role_name WHEN owner_role THEN 'NOLOGIN' ELSE 'LOGIN' END);
                  EXECUTE format('COMMENT ON ROLE %I IS %L', role_name, 'Made by the migrations of the schema ${schema}');
                EXCEPTION
                  WHEN duplicate_object OR unique_violation THEN
                    NULL; -- Another database of this server was faster.
                  WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'Role % is missing and % may not make it: an administrator has to, or give it CREATEROLE',
                      role_name, current_user USING ERRCODE = 'insufficient_privilege';
                END;
              END IF;
            END LOOP;
            BEGIN
              IF NOT pg_has_role(migrator_role, owner_role, acting) THEN
                EXECUTE format('GRANT %I TO %I', owner_role, migrator_role);
              END IF;
              IF NOT pg_has_role(current_user, migrator_role, acting) THEN
                EXECUTE format('GRANT %I TO %I', migrator_role, current_user);
              END IF;
            EXCEPTION WHEN insufficient_privilege THEN
              RAISE EXCEPTION 'An administrator has to run GRANT % TO %, and GRANT % TO %',
                owner_role, migrator_role, migrator_role, current_user USING ERRCODE = 'insufficient_privilege';
            END;
            EXECUTE format('ALTER SCHEMA ${schema} OWNER TO %I', owner_role);
            EXECUTE format('ALTER SCHEMA ${schema}_migrations OWNER TO %I', migrator_role);
            EXECUTE format('GRANT USAGE ON SCHEMA ${schema} TO %I', app_role);
            EXECUTE format('GRANT USAGE ON SCHEMA ${schema} TO %I', readonly_role);
            EXIT;
          EXCEPTION WHEN undefined_object OR unique_violation THEN
            attempt := attempt + 1;
            IF attempt = 10 THEN
              RAISE;
            END IF;
          END;
        END LOOP;
      END $roles$`)
    .execute(db);
}

/**
 * Makes a role the owner of a schema and of everything in it.
 *
 * @param role - left out for whoever migrates.
 */
async function giveEverything(db: Database, schema: string, role?: string): Promise<void> {
  await sql
    .raw(`
      DO $owner$
      DECLARE
        new_owner CONSTANT text := ${role === undefined ? 'current_user' : `'${role}'`};
        statement text;
      BEGIN
        EXECUTE format('ALTER SCHEMA ${schema} OWNER TO %I', new_owner);
        FOR statement IN
          SELECT format('ALTER %s %I.%I OWNER TO %I', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, '${schema}', relname, new_owner)
          FROM pg_class
          WHERE relnamespace = '${schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'c')
            -- The sequence of a column goes with its table.
            AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid
              AND refclassid = 'pg_class'::regclass AND refobjsubid > 0 AND deptype IN ('a', 'i'))
          UNION ALL
          SELECT format('ALTER ROUTINE %s OWNER TO %I', oid::regprocedure, new_owner)
          FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace
          UNION ALL
          SELECT format('ALTER TYPE %I.%I OWNER TO %I', '${schema}', typname, new_owner)
          FROM pg_type WHERE typnamespace = '${schema}'::regnamespace AND typtype IN ('d', 'e', 'r')
        LOOP
          EXECUTE statement;
        END LOOP;
      END $owner$`)
    .execute(db);
}

/** Types that have rights of their own: those of tables have the table's. */
async function eachType(db: Database, schema: string, statement: string): Promise<void> {
  await sql
    .raw(`
      DO $types$
      DECLARE
        type_name text;
      BEGIN
        FOR type_name IN
          SELECT format('%I.%I', '${schema}', typname) FROM pg_type LEFT JOIN pg_class ON pg_class.oid = typrelid
          WHERE typnamespace = '${schema}'::regnamespace AND (typtype IN ('d', 'e', 'r') OR relkind = 'c')
        LOOP
          EXECUTE format('${statement}', type_name);
        END LOOP;
      END $types$`)
    .execute(db);
}

/**
 * All four or none, in the order in which they are made. One that was not made by a migration, was given to somebody,
 * is logged in, or has a password (which only a superuser can see) is used, and so is what owns or may do something in
 * any database of the server.
 */
async function dropUnusedRoles(db: Database, schema: string): Promise<void> {
  const names = ['owner', 'migrator', 'app', 'readonly'].map((role) => `'finova_${schema}_${role}'`).join(', ');
  await sql
    .raw(`
      DO $roles$
      DECLARE
        role_name text;
        may_see_passwords CONSTANT boolean := has_table_privilege('pg_authid', 'SELECT');
        is_used boolean;
      BEGIN
        IF EXISTS (SELECT FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
            WHERE refclassid = 'pg_authid'::regclass AND rolname IN (${names}))
          OR EXISTS (SELECT FROM pg_roles WHERE rolname IN (${names})
            AND shobj_description(oid, 'pg_authid') IS DISTINCT FROM 'Made by the migrations of the schema ${schema}')
          OR EXISTS (SELECT FROM pg_auth_members JOIN pg_roles AS given ON given.oid = roleid
            JOIN pg_roles AS receiver ON receiver.oid = member
            WHERE given.rolname IN (${names}) AND receiver.rolname NOT IN (${names}, current_user))
          OR EXISTS (SELECT FROM pg_stat_activity WHERE usename IN (${names}))
          OR NOT may_see_passwords
        THEN
          RETURN;
        END IF;
        EXECUTE $check$SELECT EXISTS (SELECT FROM pg_authid WHERE rolname IN (${names}) AND rolpassword IS NOT NULL)$check$
          INTO is_used;
        IF is_used THEN
          RETURN;
        END IF;
        BEGIN
          -- Another database may be giving something to them this moment: then they are used, and it is not waited for.
          PERFORM set_config('lock_timeout', '100ms', true);
          FOREACH role_name IN ARRAY ARRAY[${names}] LOOP
            EXECUTE format('DROP ROLE IF EXISTS %I', role_name);
          END LOOP;
        EXCEPTION WHEN dependent_objects_still_exist OR object_in_use OR lock_not_available OR insufficient_privilege THEN
          NULL;
        END;
      END $roles$`)
    .execute(db);
}
