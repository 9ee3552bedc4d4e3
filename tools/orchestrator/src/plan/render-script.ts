import type { RecordedStatement } from '@finova/db-kit/migrations';
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

/**
 * What a plan would send to the servers, as a script for people to read: SQL that psql runs, and MongoDB commands as
 * mongosh runs them.
 *
 * @param migrations - planned with their statements.
 */
export function renderScript(migrations: readonly PlannedMigration[]): string {
  return migrations.map(renderMigration).join('\n');
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
  const { transaction, lockTimeoutMs, statementTimeoutMs } = planned;
  const sent = statements.flatMap((statement) => (statement.engine === 'postgres' ? [statement] : []));
  const set = transaction ? 'SET LOCAL' : 'SET';
  const limits = [
    ...(lockTimeoutMs === undefined ? [] : [`${set} lock_timeout = ${lockTimeoutMs};`]),
    ...(statementTimeoutMs === undefined ? [] : [`${set} statement_timeout = ${statementTimeoutMs};`]),
  ];
  const leavesSettings = sent.some(({ sql }) => setsForSession(sql)) || (!transaction && limits.length > 0);
  const body = [
    ...limits,
    ...sent.map(({ sql, parameters }) => renderSql(sql, parameters)).filter((text) => text !== ''),
    // A setting of one migration does not reach the next.
    ...(leavesSettings ? ['RESET ALL;'] : []),
  ];
  return transaction ? ['BEGIN;', ...body, 'COMMIT;'] : body;
}

function setsForSession(sql: string): boolean {
  const code = splitSql(sql)
    .map(({ kind, text }) => (kind === 'code' ? text : ' '))
    .join('');
  return /(?:^|;)\s*set\s+(?!local\s)/i.test(code) || /set_config\s*\(/i.test(sql);
}

function renderMongo({ namespace }: PlannedMigration, statements: readonly RecordedStatement[]): string[] {
  const sent = statements.flatMap((statement) => (statement.engine === 'mongodb' ? [statement] : []));
  const lines = [`db = db.getSiblingDB(${JSON.stringify(namespace)});`];
  for (const step of new Set(sent.map((statement) => statement.step))) {
    const writes = sent.filter((statement) => statement.step === step && !onlyReads(statement.command));
    lines.push(`// step ${step}`);
    if (writes.length === 0) {
      lines.push('// only reads where there are no documents');
    }
    lines.push(...writes.map(({ command, database }) => renderMongoCommand(command, database)));
  }
  return lines;
}

function onlyReads(command: Readonly<Record<string, unknown>>): boolean {
  const [commandName = ''] = Object.keys(command);
  const pipeline = command['pipeline'];
  const writes = Array.isArray(pipeline) && pipeline.some((stage: object) => '$out' in stage || '$merge' in stage);
  return READING_COMMANDS.includes(commandName) && !writes;
}
