import { actAsOwner, type RecordedStatement } from '@finova/db-kit/migrations';
import type { PlannedMigration } from '../commands/plan.ts';
import { renderMongoCommand } from './render-mongo-command.ts';
import { renderSql } from './render-sql.ts';
import { splitSql } from './sql-tokens.ts';

/** Commands that only look; a script does not need them. */
const READING_COMMANDS = [
  'aggregate',
  'buildInfo',
  'collStats',
  'connectionStatus',
  'count',
  'dbStats',
  'distinct',
  'find',
  'getMore',
  'getParameter',
  'killCursors',
  'listCollections',
  'listDatabases',
  'listIndexes',
  'replSetGetStatus',
];

/** A statement or command as text that runs. */
export interface RenderedStatement {
  readonly text: string;
  /** MongoDB: the step that sent it. */
  readonly step?: string;
}

/**
 * What a plan would send to the servers, as a script for people to read: SQL that psql runs, and MongoDB commands as
 * mongosh runs them.
 *
 * @param migrations - planned with their statements.
 */
export function renderScript(migrations: readonly PlannedMigration[]): string {
  return migrations.map(renderMigration).join('\n');
}

/** What one migration sends; without what only reads documents. */
export function renderStatements({ statements = [] }: Pick<PlannedMigration, 'statements'>): RenderedStatement[] {
  return statements.flatMap((statement): RenderedStatement[] => {
    if (statement.engine === 'postgres') {
      const text = renderSql(statement.sql, statement.parameters);
      return text === '' ? [] : [{ text }];
    }
    const { command, database, step, skipped } = statement;
    if (skipped !== undefined) {
      const text = renderMongoCommand(command, database).replaceAll(/^/gm, '// ');
      return [{ text: `// ${skipped}:\n${text}`, step }];
    }
    return onlyReads(command) ? [] : [{ text: renderMongoCommand(command, database), step }];
  });
}

function renderMigration(planned: PlannedMigration): string {
  const { domain, name, engine, statements } = planned;
  const comment = engine === 'postgres' ? '--' : '//';
  const head = `${comment} ${domain}/${name} (${describeRun(planned)})`;
  if (statements === undefined) {
    return `${head}\n${comment} not known: it did not get to its end on a throw-away database\n`;
  }
  const lines = engine === 'postgres' ? renderPostgres(planned, statements) : renderMongo(planned, statements);
  return `${[head, ...lines].join('\n')}\n`;
}

function describeRun({ engine, transaction, isHalfDone }: PlannedMigration): string {
  const how = engine === 'mongodb' ? 'step by step' : transaction ? 'one transaction' : 'outside a transaction';
  return [engine, how, ...(isHalfDone ? ['half done'] : [])].join(', ');
}

function renderPostgres(planned: PlannedMigration, statements: readonly RecordedStatement[]): string[] {
  const { namespace, transaction, runsAs, lockTimeoutMs, statementTimeoutMs } = planned;
  const actsAsOwner = runsAs === 'owner';
  const set = transaction ? 'SET LOCAL' : 'SET';
  const limits = [
    ...(lockTimeoutMs === undefined ? [] : [`${set} lock_timeout = ${lockTimeoutMs};`]),
    ...(statementTimeoutMs === undefined ? [] : [`${set} statement_timeout = ${statementTimeoutMs};`]),
  ];
  const leavesSettings = (!transaction && limits.length > 0) || statements.some(setsForSession);
  const body = [
    ...limits,
    ...(actsAsOwner ? [`${actAsOwner(namespace, transaction ? 'transaction' : 'session')};`] : []),
    ...renderStatements(planned).map(({ text }) => text),
    // A setting of one migration does not reach the next.
    ...(leavesSettings ? ['RESET ALL;'] : []),
    ...(actsAsOwner && !transaction ? ['RESET ROLE;'] : []),
  ];
  return transaction ? ['BEGIN;', ...body, 'COMMIT;'] : body;
}

function setsForSession(statement: RecordedStatement): boolean {
  if (statement.engine !== 'postgres') {
    return false;
  }
  const code = splitSql(statement.sql)
    .map(({ kind, text }) => (kind === 'code' ? text : ' '))
    .join('');
  return /(?:^|;)\s*set\s+(?!local\s)/i.test(code) || /set_config\s*\(/i.test(statement.sql);
}

function renderMongo(planned: PlannedMigration, statements: readonly RecordedStatement[]): string[] {
  const rendered = renderStatements(planned);
  const steps = new Set(statements.flatMap((statement) => (statement.engine === 'mongodb' ? [statement.step] : [])));
  return [
    `db = db.getSiblingDB(${JSON.stringify(planned.namespace)});`,
    ...[...steps].flatMap((step) => {
      const own = rendered.filter((statement) => statement.step === step).map(({ text }) => text);
      return [`// step ${step}`, ...(own.length === 0 ? ['// only reads where there are no documents'] : own)];
    }),
  ];
}

function onlyReads(command: Readonly<Record<string, unknown>>): boolean {
  const [commandName = ''] = Object.keys(command);
  const pipeline = command['pipeline'];
  const writes = Array.isArray(pipeline) && pipeline.some((stage: object) => '$out' in stage || '$merge' in stage);
  return READING_COMMANDS.includes(commandName) && !writes;
}
