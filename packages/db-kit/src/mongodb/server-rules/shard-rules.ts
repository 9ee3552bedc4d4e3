import type { Document } from 'mongodb';
import { checkUniqueness } from './index-rules.ts';
import { arrayPath, type KnownCollection } from './known-collection.ts';
import type { ServerRuleProblem } from './server-rule-problem.ts';

/** What MongoDB refuses of a `shardCollection` command, with what there is of the collection. */
export function checkShardCollection(command: Document, collection: KnownCollection): readonly ServerRuleProblem[] {
  const { name, validator, options, viewOn } = collection;
  const key = command['key'] as Readonly<Record<string, unknown>>;
  const refuse = (problem: string, manualPage = 'shardCollection (database command)'): ServerRuleProblem => ({
    rule: 'mongodb/shard-key',
    subject: `collection ${name}`,
    problem,
    manualPage,
  });
  const fields = Object.entries(key);
  const hashed = fields.filter(([, order]) => order === 'hashed').length;
  const problems: ServerRuleProblem[] = [];
  if (fields.length === 0 || fields.some(([, order]) => order !== 'hashed' && Number(order) !== 1)) {
    problems.push(refuse("has a shard key of other kinds than 1 and 'hashed'", 'Shard Keys'));
  }
  if (hashed > 1 || (hashed > 0 && command['unique'] === true)) {
    problems.push(refuse('has a shard key with two hashed fields, or a hashed one that is unique', 'Hashed Sharding'));
  }
  for (const [field] of fields) {
    if (arrayPath(validator, field) !== undefined) {
      problems.push(refuse(`is sharded by ${field}, which is in an array`, 'Shard Keys'));
    }
  }
  if (options['capped'] === true || viewOn !== undefined) {
    problems.push(refuse('is sharded, but is capped or a view'));
  }
  if (options['collation'] !== undefined && command['collation']?.locale !== 'simple') {
    problems.push(refuse("is sharded and has a collation: expected collation { locale: 'simple' } in shardCollection"));
  }
  const sharded = { ...collection, shardKey: key };
  return [
    ...problems,
    ...collection.indexes.flatMap((index) =>
      checkUniqueness(index, sharded).map((finding) => ({ ...finding, subject: `index ${index.name} of ${name}` })),
    ),
  ];
}
