import type { RecordedStatement } from '@finova/db-kit/migrations';
import { EJSON } from 'bson';
import type { PlannedMigration } from '../commands/plan.ts';
import { inlineParameters } from './render-literal.ts';

/** Commands that only look; a script does not need them. */
const READING_COMMANDS = ['listCollections', 'listIndexes', 'find', 'getMore', 'aggregate', 'count'];

/**
 * What a plan would send to the servers, as a script for people to read: SQL that psql runs, and MongoDB commands as
 * mongosh runs them.
 */
export function renderScript(migrations: readonly PlannedMigration[]): string {
  return migrations.map(renderMigration).join('\n');
}

function renderMigration(planned: PlannedMigration): string {
  const { domain, engine, name, namespace, transaction, statements = [] } = planned;
  const comment = engine === 'postgres' ? '--' : '//';
  const how = engine === 'postgres' ? (transaction ? 'one transaction' : 'outside a transaction') : 'step by step';
  const lines = [`${comment} ${domain}/${name} (${engine}, ${how})`];
  if (engine === 'mongodb') {
    lines.push(`db = db.getSiblingDB('${namespace}');`);
  }
  const isWrapped = engine === 'postgres' && transaction;
  if (isWrapped) {
    lines.push('BEGIN;');
  }
  let step = '';
  for (const statement of statements) {
    if (statement.engine === 'mongodb' && statement.step !== step) {
      step = statement.step;
      lines.push(`// step ${step}`);
    }
    lines.push(...renderStatement(statement));
  }
  if (isWrapped) {
    lines.push('COMMIT;');
  }
  return `${lines.join('\n')}\n`;
}

function renderStatement(statement: RecordedStatement): string[] {
  if (statement.engine === 'postgres') {
    const sql = outdent(inlineParameters(statement.sql, statement.parameters)).replace(/[\s;]+$/, '');
    return sql === '' ? [] : [`${sql};`];
  }
  const [commandName = ''] = Object.keys(statement.command);
  if (READING_COMMANDS.includes(commandName) && !writes(statement.command)) {
    return [];
  }
  return [`db.runCommand(${EJSON.stringify(statement.command, undefined, 2, { relaxed: true })});`];
}

function writes(command: Readonly<Record<string, unknown>>): boolean {
  const pipeline = command['pipeline'];
  return Array.isArray(pipeline) && pipeline.some((stage: object) => '$out' in stage || '$merge' in stage);
}

/** Statements are written as indented as the code around them; what stands in quotes is left as it is. */
function outdent(sql: string): string {
  if (/\$\w*\$|'[^']*\n[^']*'/.test(sql)) {
    return sql.trim();
  }
  const lines = sql
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n');
  const [first = '', ...rest] = lines;
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const own = first.length - first.trimStart().length;
  const common = Math.min(...(indents.length > 0 ? indents : [own]));
  return [first.trimStart(), ...rest.map((line) => line.slice(Math.max(0, Math.min(common, own || common))))].join(
    '\n',
  );
}
