import type { Db, Document, MongoClient } from 'mongodb';
import { backfillDocuments } from '../../mongodb/backfill-documents.ts';
import { describeMongo } from '../../mongodb/describe-server.ts';
import type { MongoServerRules } from '../../mongodb/server-rules/index.ts';
import { RefusedByMongoError } from '../errors/index.ts';
import type { MongoMigration, MongoMigrationStep, MongoStepContext } from '../migration.ts';
import type { EngineOptions, RunnableMigration } from '../migration-engine.ts';
import { listenToCommands } from './listen-to-commands.ts';
import type { MigrationLease } from './migration-lease.ts';
import { replaceValidator } from './replace-validator.ts';
import { shardCollection, shardCommand } from './shard-collection.ts';
import { StepProgress } from './step-progress.ts';

/** What running one step needs. */
interface MongoStepRunOptions {
  readonly client: MongoClient;
  readonly lease: MigrationLease;
  readonly options: EngineOptions;
  readonly rules: MongoServerRules;
  readonly migration: RunnableMigration;
  readonly step: MongoMigrationStep;
  readonly signal: AbortSignal | undefined;
}

/** One run of a step: what its body is given, and what becomes of the commands that it sends. */
export class MongoStepRun {
  readonly #run: MongoStepRunOptions;
  readonly #db: Db;
  /** A body may catch what it was refused; the step fails all the same. */
  #refusal: unknown;

  constructor(run: MongoStepRunOptions) {
    this.#run = run;
    this.#db = run.client.db(run.options.domain.namespace);
  }

  /** Looks at each command before it goes out, and lets those who asked for it hear of it. */
  listen(): () => void {
    return listenToCommands(this.#run.client, this.#db.databaseName, (command, database) => {
      this.#refuse(command);
      this.#record(command, { database });
    });
  }

  /** @throws {RefusedByMongoError} for a command that MongoDB would refuse; it was not sent. */
  async runBody(): Promise<void> {
    const { step, migration } = this.#run;
    await (migration.direction === 'up' ? step.up(this.#db, this.#context()) : step.down?.(this.#db, this.#context()));
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
  }

  #context(): MongoStepContext {
    const { lease, signal } = this.#run;
    return {
      signal,
      withFencedTransaction: (use) => lease.withFencedTransaction(use),
      backfill: async ({ collection, ...backfill }) => {
        // A plan is made where there are no documents, and would not show it.
        this.#record(
          { find: collection, filter: backfill.filter },
          { skipped: 'each of these is changed by the migrator' },
        );
        const progress = this.#progress('backfill', collection);
        const changed = await backfillDocuments(
          this.#db.collection(collection),
          backfill,
          {
            read: async () => (await progress.read()) as { lastId: unknown; changed: number } | undefined,
            write: (position) => progress.write(position),
          },
          signal,
        );
        await progress.clear();
        this.#note(`${changed} documents of ${collection} changed`);
      },
      replaceValidator: (collection, validator) =>
        replaceValidator(this.#db, this.#progress('validator', collection), collection, validator),
      shardCollection: (collection, key) => this.#shard(collection, key),
    };
  }

  async #shard(collection: string, key: Document): Promise<void> {
    const { product, isSharded } = await describeMongo(this.#run.client);
    if (isSharded) {
      await shardCollection(this.#db, collection, key);
      return;
    }
    const command = shardCommand(this.#db, collection, key);
    this.#refuse(command);
    this.#record(command, { database: 'admin', skipped: 'only where the server is a mongos' });
    this.#note(`${collection} is not sharded by ${JSON.stringify(key)}: ${product} is not a mongos`);
  }

  #progress(of: 'backfill' | 'validator', collection: string): StepProgress {
    const { migration, step, lease } = this.#run;
    return new StepProgress(
      this.#db,
      lease,
      `${migration.file.name}/${step.name}/${migration.direction}/${of}/${collection}`,
    );
  }

  #refuse(command: Document): void {
    const { migration, step, rules, options } = this.#run;
    const { waives = {} } = migration.definition as MongoMigration;
    const facts = { domain: options.domain.name, migration: migration.file.name, step: step.name };
    const problems = rules.check(command).map((problem) => ({ ...facts, ...problem }));
    if (options.onRefused !== undefined) {
      problems.forEach(options.onRefused);
      return;
    }
    const problem = problems.find(({ rule }) => waives[rule] === undefined);
    if (problem !== undefined) {
      this.#refusal ??= new RefusedByMongoError(problem);
      throw this.#refusal;
    }
  }

  #record(command: Document, more: { readonly database?: 'admin' | undefined; readonly skipped?: string }): void {
    const { migration, step, options } = this.#run;
    options.onStatement?.({
      engine: 'mongodb',
      migration: migration.file.name,
      direction: migration.direction,
      step: step.name,
      command,
      ...more,
    });
  }

  #note(note: string): void {
    this.#run.options.onNote?.(this.#run.migration.file.name, note);
  }
}
