import { type Client, escapeLiteral } from 'pg';
import { checksumOf, type Repeatable } from '../repeatable-files.ts';
import { ACT_AS_ONESELF, actAsOwner } from './act-as-owner.ts';

/** Something that a repeatable made: `function`, `transactions.verify(uuid)`. */
interface MadeObject {
  readonly type: string;
  readonly identity: string;
}

/** One text that a repeatable had; `text` is `null` where the file was removed. */
interface Revision {
  readonly name: string;
  readonly revision: number;
  readonly checksum: string;
  readonly text: string | null;
  readonly objects: readonly MadeObject[];
  /** The newest migration applied when this text was; empty when there was none. */
  readonly afterMigration: string;
}

/** What has to be done to bring the repeatables to the texts of their files. */
export interface RepeatableChange {
  readonly name: string;
  /** `undefined`: the file is gone, and what it made is dropped. */
  readonly repeatable: Repeatable | undefined;
}

/** Who applied a revision. */
export interface RevisionAuthor {
  readonly actor: string;
  readonly gitCommit: string | null;
}

/**
 * The repeatables of one domain in its database: which text of each is in effect, what it made, and the texts before
 * it, each tied to the migration after which it was applied. All methods that change something run inside the
 * caller's transaction.
 */
export class PostgresRepeatables {
  readonly #client: Client;
  readonly #bookkeeping: string;
  readonly #domainSchema: string;
  #revisions: Revision[] | undefined;

  /** @param bookkeeping - quoted name of the schema with the migrator's tables. */
  constructor(client: Client, bookkeeping: string, domainSchema: string) {
    this.#client = client;
    this.#bookkeeping = bookkeeping;
    this.#domainSchema = domainSchema;
  }

  /** The texts in effect, by name. */
  async current(): Promise<Repeatable[]> {
    const revisions = newestOf(await this.#load());
    return revisions.flatMap(({ name, text, checksum }) => (text === null ? [] : [{ name, text, checksum }]));
  }

  /** What differs between the files and the database: new or changed text, a removed file, or an object that is gone. */
  async changes(wanted: readonly Repeatable[]): Promise<RepeatableChange[]> {
    const current = new Map(newestOf(await this.#load()).map((revision) => [revision.name, revision]));
    if (current.size === 0 && wanted.length === 0) {
      return [];
    }
    const existing = await this.#existingObjects();
    const isInEffect = ({ name, checksum }: Repeatable) => {
      const revision = current.get(name);
      return (
        revision?.text !== null &&
        revision?.checksum === checksum &&
        revision.objects.every(({ identity }) => existing.has(identity))
      );
    };
    const names = new Set(wanted.map(({ name }) => name));
    return [
      ...[...current.values()]
        .filter(({ name, text }) => text !== null && !names.has(name))
        .reverse()
        .map(({ name }) => ({ name, repeatable: undefined })),
      ...wanted
        .filter((repeatable) => !isInEffect(repeatable))
        .map((repeatable) => ({ name: repeatable.name, repeatable })),
    ];
  }

  /**
   * Runs a repeatable's text and drops what an older text made and this one does not, and records that.
   *
   * @returns the statements that dropped something.
   */
  async apply(
    { name, repeatable }: RepeatableChange,
    afterMigration: string,
    author: RevisionAuthor,
  ): Promise<readonly string[]> {
    const before = newestOf(await this.#load()).find((revision) => revision.name === name);
    const objects = repeatable === undefined ? [] : await this.#run(repeatable.text);
    const kept = new Set(objects.map(({ identity }) => identity));
    const drops = await this.#drop((before?.objects ?? []).filter(({ identity }) => !kept.has(identity)));
    const revision: Revision = {
      name,
      revision: (before?.revision ?? 0) + 1,
      checksum: repeatable?.checksum ?? checksumOf(''),
      text: repeatable?.text ?? null,
      objects,
      afterMigration,
    };
    await this.#client.query(
      `INSERT INTO ${this.#bookkeeping}.repeatables
         (name, revision, checksum, text, objects, after_migration, applied_at, actor, git_commit)
       VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7, $8)`,
      [
        name,
        revision.revision,
        revision.checksum,
        revision.text,
        JSON.stringify(objects),
        afterMigration,
        author.actor,
        author.gitCommit,
      ],
    );
    this.#revisions?.push(revision);
    return drops;
  }

  /** Whether a migration's `down` has to take repeatables back with it. */
  async isTiedTo(migration: string): Promise<boolean> {
    return (await this.#load()).some(({ afterMigration }) => afterMigration >= migration);
  }

  /**
   * Drops what all repeatables made, before a migration's `down`: an older text may not fit the newer tables, nor a
   * newer text the older ones, and they may stand on each other.
   */
  async withdraw(): Promise<void> {
    const current = newestOf(await this.#load());
    await this.#drop(current.flatMap(({ objects }) => objects));
  }

  /** Applies, after a migration's `down`, the texts that were in effect before it, and forgets those since. */
  async restoreBefore(migration: string): Promise<void> {
    await this.#client.query(`DELETE FROM ${this.#bookkeeping}.repeatables WHERE after_migration >= $1`, [migration]);
    this.#revisions = undefined;
    for (const { name, revision, text } of newestOf(await this.#load())) {
      if (text !== null) {
        const objects = await this.#run(text);
        await this.#client.query(
          `UPDATE ${this.#bookkeeping}.repeatables SET objects = $3 WHERE name = $1 AND revision = $2`,
          [name, revision, JSON.stringify(objects)],
        );
      }
    }
    this.#revisions = undefined;
  }

  /** To be called when the caller's transaction was rolled back. */
  forget(): void {
    this.#revisions = undefined;
  }

  async #load(): Promise<Revision[]> {
    if (this.#revisions === undefined) {
      const { rows: tables } = await this.#client.query<{ exists: boolean }>(
        'SELECT to_regclass($1) IS NOT NULL AS exists',
        [`${this.#bookkeeping}.repeatables`],
      );
      // Readers come before anything was migrated, or by a migrator that knew no repeatables.
      if (tables[0]?.exists !== true) {
        return [];
      }
      const { rows } = await this.#client.query<Revision>(
        `SELECT name, revision, checksum, text, objects, after_migration AS "afterMigration"
         FROM ${this.#bookkeeping}.repeatables ORDER BY name, revision`,
      );
      this.#revisions = rows;
    }
    return this.#revisions;
  }

  /** Runs SQL and finds what it made or replaced: the rows of the catalog that carry this transaction's number. */
  async #run(text: string): Promise<MadeObject[]> {
    const before = await this.#written();
    await this.#client.query(actAsOwner(this.#domainSchema, 'transaction'));
    await this.#client.query(text);
    await this.#client.query(ACT_AS_ONESELF);
    const after = await this.#written();
    const known = new Set(before.map(({ version }) => version));
    return after.filter(({ version }) => !known.has(version)).map(({ type, identity }) => ({ type, identity }));
  }

  /** Functions, views and triggers of the domain that this transaction has written so far. */
  async #written(): Promise<(MadeObject & { version: string })[]> {
    return this.#objects('WHERE written = pg_current_xact_id()::xid');
  }

  async #existingObjects(): Promise<Set<string>> {
    return new Set((await this.#objects('')).map(({ identity }) => identity));
  }

  async #objects(filter: string): Promise<(MadeObject & { version: string })[]> {
    const namespace = escapeLiteral(this.#domainSchema);
    const { rows } = await this.#client.query<MadeObject & { version: string }>(`
      WITH namespace AS (SELECT oid FROM pg_namespace WHERE nspname = ${namespace}),
      functions AS (
        SELECT 'pg_proc'::regclass AS class, oid, xmin AS written, ctid::text AS version FROM pg_proc
        WHERE pronamespace IN (SELECT oid FROM namespace)
      ),
      views AS (
        SELECT 'pg_class'::regclass, pg_class.oid, pg_rewrite.xmin, pg_rewrite.ctid::text
        FROM pg_class JOIN pg_rewrite ON ev_class = pg_class.oid AND rulename = '_RETURN'
        WHERE relnamespace IN (SELECT oid FROM namespace) AND relkind IN ('v', 'm')
      ),
      triggers AS (
        SELECT 'pg_trigger'::regclass, oid, xmin, ctid::text FROM pg_trigger
        WHERE NOT tgisinternal AND tgparentid = 0
          AND (tgfoid IN (SELECT oid FROM functions)
            OR tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM namespace)))
      ),
      everything AS (SELECT * FROM functions UNION ALL SELECT * FROM views UNION ALL SELECT * FROM triggers)
      SELECT object.type, object.identity, class::oid || ' ' || version AS version
      FROM everything, pg_identify_object(class, everything.oid, 0) AS object ${filter}
      ORDER BY everything.oid`);
    return rows;
  }

  /** In the reverse of the order in which they were made; triggers first, because functions cannot go before them. */
  async #drop(objects: readonly MadeObject[]): Promise<readonly string[]> {
    const existing = objects.length === 0 ? new Set<string>() : await this.#existingObjects();
    const doomed = objects.filter(({ identity }) => existing.has(identity)).toReversed();
    const rank = ({ type }: MadeObject) => (type === 'trigger' ? 0 : type.endsWith('view') ? 1 : 2);
    const drops = doomed
      .toSorted((left, right) => rank(left) - rank(right))
      .map(({ type, identity }) => `DROP ${type} ${identity}`);
    if (drops.length > 0) {
      await this.#client.query(actAsOwner(this.#domainSchema, 'transaction'));
      for (const statement of drops) {
        await this.#client.query(statement);
      }
      await this.#client.query(ACT_AS_ONESELF);
    }
    return drops;
  }
}

/** The newest revision of each repeatable, in the order of their names. */
function newestOf(revisions: readonly Revision[]): Revision[] {
  const newest = new Map<string, Revision>();
  for (const revision of revisions) {
    newest.set(revision.name, revision);
  }
  return [...newest.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}
