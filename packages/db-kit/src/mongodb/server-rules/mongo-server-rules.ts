import type { Document } from 'mongodb';
import { checkCollMod, checkCreate } from './collection-rules.ts';
import { checkBeside, checkIndex } from './index-rules.ts';
import type { IndexCommand, KnownCollection } from './known-collection.ts';
import { checkNesting } from './nesting-rules.ts';
import type { RuleFinding, ServerRuleProblem } from './server-rule-problem.ts';
import { checkShardCollection } from './shard-rules.ts';

/**
 * Says what MongoDB would refuse of commands, for servers that only speak its protocol and take more. It remembers what
 * the commands make, because whether an index is allowed depends on its collection; so give it all commands of a
 * database in their order.
 *
 * @example
 * const rules = new MongoServerRules('finova_preferences');
 * rules.check({ create: 'letters' }); // []
 * rules.check({ createIndexes: 'letters', indexes: [{ name: 'old', key: { a: 1, b: 1 }, expireAfterSeconds: 0 }] });
 * // [{ rule: 'mongodb/ttl-index', subject: 'index old of letters', problem: 'expires documents by 2 fields: …', … }]
 */
export class MongoServerRules {
  readonly #databaseName: string;
  readonly #collections = new Map<string, KnownCollection>();

  constructor(databaseName: string) {
    this.#databaseName = databaseName;
  }

  /** What MongoDB refuses of one command; none when it takes it. */
  check(command: Document): readonly ServerRuleProblem[] {
    const [name = ''] = Object.keys(command);
    const target = String(command[name]);
    switch (name) {
      case 'create':
        return this.#create(target, command);
      case 'collMod':
        return this.#change(target, command);
      case 'createIndexes':
        return this.#createIndexes(target, command['indexes'] as readonly IndexCommand[]);
      case 'dropIndexes':
      case 'deleteIndexes':
        return this.#dropIndexes(target, command['index']);
      case 'drop':
        this.#collections.delete(target);
        return [];
      case 'renameCollection':
        return this.#rename(this.#nameIn(target), this.#nameIn(String(command['to'])));
      case 'shardCollection':
        return this.#shard(this.#nameIn(target), command);
      case 'insert':
        return this.#checkDocuments(target, command['documents']);
      case 'update':
        return this.#checkDocuments(
          target,
          (command['updates'] as readonly Document[] | undefined)?.flatMap(({ u }) => writtenBy(u)),
        );
      case 'findAndModify':
        return this.#checkDocuments(target, writtenBy(command['update']));
      default:
        return [];
    }
  }

  #create(name: string, command: Document): ServerRuleProblem[] {
    const { create: _, validator, validationLevel: __, validationAction: ___, viewOn, ...options } = command;
    this.#collections.set(name, { name, viewOn, options, validator, indexes: [] });
    const found = [...checkCreate(command, this.#databaseName), ...checkNesting(validator)];
    return found.map(about(`${viewOn === undefined ? 'collection' : 'view'} ${name}`));
  }

  #change(name: string, command: Document): ServerRuleProblem[] {
    const known = this.#known(name);
    const changed = { ...known, validator: command['validator'] ?? known.validator };
    this.#collections.set(name, changed);
    const found = [...checkCollMod(command, known), ...checkNesting(command['validator'])];
    return [
      ...found.map(about(`collection ${name}`)),
      // A field may have become an array.
      ...(command['validator'] === undefined ? [] : this.#checkIndexesOf(changed)),
    ];
  }

  #checkIndexesOf(collection: KnownCollection): ServerRuleProblem[] {
    return collection.indexes.flatMap((index) =>
      checkIndex(index, collection).map(about(`index ${index.name} of ${collection.name}`)),
    );
  }

  #createIndexes(name: string, indexes: readonly IndexCommand[]): ServerRuleProblem[] {
    return indexes.map(withPlainKey).flatMap((index) => {
      const known = this.#known(name);
      const found = [...checkIndex(index, known), ...checkBeside(index, known.indexes)];
      const others = known.indexes.filter((other) => other.name !== index.name);
      this.#collections.set(name, { ...known, indexes: [...others, index] });
      return found.map(about(`index ${index.name} of ${name}`));
    });
  }

  #dropIndexes(name: string, dropped: unknown): ServerRuleProblem[] {
    const known = this.#known(name);
    const names = Array.isArray(dropped) ? dropped : [dropped];
    const isDropped = ({ name: own, key }: IndexCommand) =>
      names.some((one) => one === '*' || one === own || JSON.stringify(one) === JSON.stringify(key));
    this.#collections.set(name, { ...known, indexes: known.indexes.filter((index) => !isDropped(index)) });
    return names.includes('_id_')
      ? [
          about(`collection ${name}`)({
            rule: 'mongodb/index-key',
            problem: 'loses its index on _id',
            manualPage: 'dropIndexes (database command)',
          }),
        ]
      : [];
  }

  #rename(from: string, to: string): ServerRuleProblem[] {
    const known = this.#known(from);
    this.#collections.delete(from);
    this.#collections.set(to, { ...known, name: to });
    const page = 'renameCollection (database command)';
    const found: readonly RuleFinding[] =
      known.viewOn === undefined
        ? []
        : [{ rule: 'mongodb/view', problem: 'is a view and is renamed', manualPage: page }];
    return [...found, ...checkCreate({ create: to }, this.#databaseName)].map(about(`collection ${from}`));
  }

  #shard(name: string, command: Document): readonly ServerRuleProblem[] {
    const known = this.#known(name);
    this.#collections.set(name, { ...known, shardKey: command['key'] });
    return checkShardCollection(command, known);
  }

  #checkDocuments(name: string, documents: unknown): ServerRuleProblem[] {
    const found = (Array.isArray(documents) ? documents : []).flatMap((document) => checkNesting(document));
    return found.map(about(`a document of ${name}`));
  }

  #known(name: string): KnownCollection {
    return this.#collections.get(name) ?? { name, options: {}, indexes: [] };
  }

  /** Commands of `admin` name collections with their database. */
  #nameIn(namespace: string): string {
    const prefix = `${this.#databaseName}.`;
    return namespace.startsWith(prefix) ? namespace.slice(prefix.length) : namespace;
  }
}

/** The driver sends keys as maps, which keep the order of keys that look like numbers. */
function withPlainKey(index: IndexCommand): IndexCommand {
  return index.key instanceof Map ? { ...index, key: Object.fromEntries(index.key) } : index;
}

function about(subject: string): (finding: RuleFinding) => ServerRuleProblem {
  return (finding) => ({ ...finding, subject });
}

/** What an update writes: a whole document, or what its operators set. A pipeline computes on the server. */
function writtenBy(update: unknown): unknown[] {
  if (update === undefined || update === null || Array.isArray(update)) {
    return [];
  }
  return Object.keys(update).some((key) => key.startsWith('$')) ? Object.values(update) : [update];
}
