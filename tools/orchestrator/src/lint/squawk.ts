import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuleFinding } from './lint-finding.ts';
import type { LintSubject } from './lint-subject.ts';

/** Rules of squawk that are switched off, and why. */
const SWITCHED_OFF: Readonly<Record<string, string>> = {
  'require-lock-timeout': 'the migrator sets lock_timeout for every migration',
  'require-statement-timeout': 'a migration declares statementTimeoutMs where it wants one',
  'prefer-text-field': 'a length is a rule of the data where a domain says so',
  'prefer-robust-stmts': 'a migration and its journal row are one transaction: nothing runs twice',
  'ban-drop-table': 'a loss is declared with lossy, which our own rule sees to',
  'ban-drop-column': 'a loss is declared with lossy, which our own rule sees to',
  'prefer-identity': 'identifiers are UUIDs; where a sequence is meant, identity is what the migrations use',
  'require-concurrent-index-creation': 'our own rule knows which tables were there before',
  'require-concurrent-index-deletion': 'down may drop an index inside its transaction',
  'prefer-bigint-over-int': 'counters of small things are small; money is bigint, which the types see to',
  'prefer-bigint-over-smallint': 'as above',
  'require-timeout-settings': 'the migrator sets them',
  'ban-create-domain-with-constraint':
    'the constraint of a domain is what tells ciphertext from anything else, in every column that holds some',
};

interface SquawkFinding {
  readonly line: number;
  readonly message: string;
  readonly help?: string | null;
  readonly rule_name: string;
}

/**
 * Runs squawk over the SQL that a migration sends.
 *
 * @returns its findings with the name of its rule.
 */
export async function lintWithSquawk({ definition, up }: LintSubject): Promise<(RuleFinding & { rule: string })[]> {
  const statements = up.flatMap((statement) =>
    statement.engine === 'postgres' ? [statement.sql.trim().replace(/;$/, '')] : [],
  );
  if (statements.length === 0) {
    return [];
  }
  const sql = `${statements.join(';\n')};\n`;
  const lines = sql.split('\n');
  const folder = await mkdtemp(join(tmpdir(), 'finova-lint-'));
  try {
    const file = join(folder, 'migration.sql');
    await writeFile(file, sql);
    const inTransaction = 'transaction' in definition ? [] : ['--assume-in-transaction'];
    const found = await runSquawk(['--reporter', 'json', '--pg-version', '15', ...inTransaction, file]);
    return found
      .filter(({ rule_name }) => SWITCHED_OFF[rule_name] === undefined)
      .map(({ rule_name, message, help, line }) => ({
        rule: `squawk/${rule_name}`,
        at: (lines[line] ?? '').trim().slice(0, 80),
        why: message,
        fix: help ?? 'see the documentation of the rule at squawkhq.com',
      }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runSquawk(args: readonly string[]): Promise<SquawkFinding[]> {
  const program = createRequire(import.meta.url).resolve('squawk-cli/js/bin/squawk');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as SquawkFinding[]);
      } catch {
        reject(new Error(`squawk failed: ${stderr}`, { cause: error }));
      }
    });
  });
}
