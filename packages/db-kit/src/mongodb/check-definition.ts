import { FinovaError } from '../errors/index.ts';
import type { CollectionDefinition } from './collection.ts';
import { MongoServerRules, type ServerRuleProblem } from './server-rules/index.ts';
import type { ViewDefinition } from './view.ts';

/** An index that MongoDB would refuse, now or when its collection is sharded. */
export class InvalidIndexError extends FinovaError {
  readonly collection: string;
  readonly index: string;

  constructor(collection: string, index: string, problem: string, manualPage: string) {
    super({
      message: `Index ${index} of collection ${collection} ${problem}`,
      next: `see "${manualPage}" in MongoDB's manual`,
    });
    this.collection = collection;
    this.index = index;
  }
}

/** A collection or view that MongoDB would refuse. */
export class InvalidCollectionError extends FinovaError {
  readonly collection: string;

  constructor(collection: string, { subject, problem, manualPage }: ServerRuleProblem) {
    super({ message: `The definition of ${subject} ${problem}`, next: `see "${manualPage}" in MongoDB's manual` });
    this.collection = collection;
  }
}

/** As long as a domain's database is likely to be named. */
const DATABASE_NAME = 'finova_database';

/**
 * Refuses what MongoDB refuses but a server that only speaks its protocol may accept, so that what passes on one passes
 * on the other.
 *
 * @throws {InvalidIndexError | InvalidCollectionError}
 */
export function checkCollection({
  name,
  indexes,
  shardKey,
  validator,
  options,
}: Omit<CollectionDefinition, 'schema'>): void {
  const rules = new MongoServerRules(DATABASE_NAME);
  refuse(name, rules.check({ create: name, ...options, validator }));
  for (const index of indexes) {
    const [found] = rules.check({
      createIndexes: name,
      indexes: [{ key: index.key, name: index.name, ...index.options }],
    });
    if (found !== undefined) {
      throw new InvalidIndexError(name, index.name, found.problem, found.manualPage);
    }
  }
  if (shardKey === undefined) {
    return;
  }
  const collation = options?.collation === undefined ? {} : { collation: { locale: 'simple' } };
  const problems = rules.check({ shardCollection: `${DATABASE_NAME}.${name}`, key: shardKey, ...collation });
  const ofIndex = problems.find(({ rule }) => rule === 'mongodb/unique-in-shards');
  if (ofIndex !== undefined) {
    const [, index = ''] = /^index (.+) of /.exec(ofIndex.subject) ?? [];
    throw new InvalidIndexError(name, index, ofIndex.problem, ofIndex.manualPage);
  }
  refuse(name, problems);
}

/** @throws {InvalidCollectionError} */
export function checkView({ name, viewOn, pipeline, collation }: Omit<ViewDefinition, 'schema'>): void {
  const command = { create: name, viewOn, pipeline, ...(collation === undefined ? {} : { collation }) };
  refuse(name, new MongoServerRules(DATABASE_NAME).check(command));
}

function refuse(name: string, [problem]: readonly ServerRuleProblem[]): void {
  if (problem !== undefined) {
    throw new InvalidCollectionError(name, problem);
  }
}
