import type { Document } from 'mongodb';
import type { KnownCollection } from './known-collection.ts';
import { LIMITS_PAGE, type RuleFinding } from './server-rule-problem.ts';
import { checkValidation } from './validator-rules.ts';

/** Without `sharded` in it: a namespace may be longer until its collection is sharded. */
const MAX_SHARDED_NAMESPACE_BYTES = 235;

/** Manual, "create". */
const CREATE_OPTIONS = new Set([
  ...['create', 'capped', 'size', 'max', 'timeseries', 'expireAfterSeconds', 'clusteredIndex', 'storageEngine'],
  ...['changeStreamPreAndPostImages', 'validator', 'validationLevel', 'validationAction', 'indexOptionDefaults'],
  ...['viewOn', 'pipeline', 'collation', 'writeConcern', 'encryptedFields', 'comment'],
]);

/** Manual, "collMod". */
const COLL_MOD_OPTIONS = new Set([
  ...['collMod', 'index', 'validator', 'validationLevel', 'validationAction', 'viewOn', 'pipeline', 'cappedSize'],
  ...['cappedMax', 'changeStreamPreAndPostImages', 'expireAfterSeconds', 'timeseries', 'dryRun', 'writeConcern'],
  ...['comment'],
]);

/** Stages that write; a view only reads. */
const WRITING_STAGES = ['$out', '$merge'];

/** What MongoDB refuses of a `create` command. */
export function checkCreate(command: Document, databaseName: string): readonly RuleFinding[] {
  return [
    ...checkName(String(command['create']), databaseName),
    ...checkKnown('create', command, CREATE_OPTIONS),
    ...checkCapped(command),
    ...checkClustered(command),
    ...checkView(command),
    ...checkValidation(command),
  ];
}

/** What MongoDB refuses of a `collMod` command. */
export function checkCollMod(command: Document, { viewOn }: KnownCollection): readonly RuleFinding[] {
  const isView = viewOn !== undefined;
  const changesView = command['viewOn'] !== undefined || command['pipeline'] !== undefined;
  return [
    ...checkKnown('collMod', command, COLL_MOD_OPTIONS),
    ...(changesView && (command['viewOn'] === undefined || command['pipeline'] === undefined)
      ? [view('is changed by viewOn or pipeline alone: expected both', 'collMod (database command)')]
      : []),
    ...(isView && command['validator'] !== undefined ? [view('is a view and has a validator')] : []),
    ...checkPipeline(command['pipeline']),
    ...checkValidation(command),
  ];
}

function checkName(name: string, databaseName: string): RuleFinding[] {
  const refuse = (problem: string): RuleFinding => ({ rule: 'mongodb/namespace', problem, manualPage: LIMITS_PAGE });
  const bytes = Buffer.byteLength(`${databaseName}.${name}`);
  return [
    ...(bytes > MAX_SHARDED_NAMESPACE_BYTES
      ? [
          refuse(
            `has a name of ${bytes} bytes with its database: expected at most ${MAX_SHARDED_NAMESPACE_BYTES}, so that it can be sharded`,
          ),
        ]
      : []),
    ...(name === '' || /[$\0]/.test(name) || name.startsWith('system.') || name.startsWith('.')
      ? [refuse('has a name that is empty, holds $ or a null character, or begins with system. or a dot')]
      : []),
  ];
}

function checkKnown(kind: string, command: Document, known: ReadonlySet<string>): RuleFinding[] {
  return Object.keys(command)
    .filter((option) => !known.has(option))
    .map((option) => ({
      rule: 'mongodb/collection-option',
      problem: `has the option ${option}, which ${kind} does not know`,
      manualPage: `${kind} (database command)`,
    }));
}

function checkCapped({ capped, size, max, clusteredIndex, timeseries }: Document): RuleFinding[] {
  const refuse = (problem: string): RuleFinding => ({
    rule: 'mongodb/capped-collection',
    problem,
    manualPage: 'Capped Collections',
  });
  if (capped !== true) {
    return size === undefined && max === undefined ? [] : [refuse('has a size or max without being capped')];
  }
  return [
    ...(Number(size) > 0 ? [] : [refuse('is capped without a size')]),
    ...(clusteredIndex === undefined && timeseries === undefined
      ? []
      : [refuse('is capped and clustered or a time series: expected one of them')]),
  ];
}

function checkClustered({ clusteredIndex, expireAfterSeconds, timeseries }: Document): RuleFinding[] {
  const refuse = (problem: string): RuleFinding => ({
    rule: 'mongodb/clustered-collection',
    problem,
    manualPage: 'Clustered Collections',
  });
  const key = JSON.stringify(clusteredIndex?.key ?? {});
  return [
    ...(clusteredIndex !== undefined && (key !== '{"_id":1}' || clusteredIndex.unique !== true)
      ? [refuse('is clustered by another key than { _id: 1 }, unique')]
      : []),
    ...(expireAfterSeconds !== undefined && clusteredIndex === undefined && timeseries === undefined
      ? [
          refuse(
            'expires documents without being clustered or a time series: expected an index with expireAfterSeconds',
          ),
        ]
      : []),
  ];
}

function checkView(command: Document): RuleFinding[] {
  if (command['viewOn'] === undefined) {
    return command['pipeline'] === undefined ? [] : [view('has a pipeline without viewOn')];
  }
  const others = ['validator', 'validationLevel', 'capped', 'clusteredIndex', 'timeseries', 'expireAfterSeconds'];
  return [
    ...others.filter((option) => command[option] !== undefined).map((option) => view(`is a view and has ${option}`)),
    ...checkPipeline(command['pipeline']),
  ];
}

function checkPipeline(pipeline: unknown): RuleFinding[] {
  return WRITING_STAGES.filter((stage) => hasStage(pipeline, stage)).map((stage) =>
    view(`is a view with ${stage}: expected stages that only read`),
  );
}

/** Below `$facet`, `$lookup` and `$unionWith`, too. */
function hasStage(value: unknown, stage: string): boolean {
  if (Array.isArray(value)) {
    return value.some((item) => hasStage(item, stage));
  }
  return (
    value !== null &&
    typeof value === 'object' &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.entries(value).some(([key, below]) => key === stage || hasStage(below, stage))
  );
}

function view(problem: string, manualPage = 'Views'): RuleFinding {
  return { rule: 'mongodb/view', problem, manualPage };
}
