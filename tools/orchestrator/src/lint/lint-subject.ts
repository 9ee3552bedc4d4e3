import { relative } from 'node:path';
import {
  type Engine,
  IrreversibleMigrationError,
  listMigrationFiles,
  loadMigration,
  type MigrationDefinition,
  type RecordedStatement,
  type RefusedCommand,
} from '@finova/db-kit/migrations';
import { down } from '../commands/down.ts';
import { up } from '../commands/up.ts';
import type { RunContext } from '../run/run-context.ts';
import { withScratchServers } from '../scratch/with-scratch-servers.ts';
import { readSqlFacts, type SqlFacts } from './sql-facts.ts';

/** One migration with everything that rules ask about it. */
export interface LintSubject {
  readonly domain: string;
  readonly engine: Engine;
  /** Relative to the workspace. */
  readonly file: string;
  readonly definition: MigrationDefinition<Engine>;
  readonly up: readonly RecordedStatement[];
  readonly down: readonly RecordedStatement[];
  /** PostgreSQL: what the statements do. */
  readonly upFacts: readonly SqlFacts[];
  readonly downFacts: readonly SqlFacts[];
  /** MongoDB: commands that a real one would not take, whatever the server that they were tried on. */
  readonly refused: readonly RefusedCommand[];
}

/**
 * Runs all migrations up and down on throw-away databases and records what each sends.
 *
 * @param names - domains; none for all. What they depend on runs too, and is not among the subjects.
 * @throws what `up` and `down` fail with.
 */
export async function readLintSubjects(context: RunContext, names: readonly string[]): Promise<LintSubject[]> {
  const recorded = new Map<string, RecordedStatement[]>();
  const record = (domain: string, statement: RecordedStatement) => {
    const key = `${domain}/${statement.migration}/${statement.direction}`;
    recorded.set(key, [...(recorded.get(key) ?? []), statement]);
  };
  const refused = new Map<string, RefusedCommand[]>();
  const refuse = (domain: string, command: RefusedCommand) => {
    const key = `${domain}/${command.migration}`;
    refused.set(key, [...(refused.get(key) ?? []), command]);
  };
  await withScratchServers(context, async (scratch) => {
    for (const outcome of (await up(scratch, { hooks: { onStatement: record, onRefused: refuse } })).values()) {
      if (outcome.state === 'failed') {
        throw outcome.error;
      }
    }
    for (const domain of scratch.domains.toReversed()) {
      await revert(scratch, domain.name, record);
    }
  });
  const subjects: LintSubject[] = [];
  for (const domain of context.domains.filter(({ name }) => names.length === 0 || names.includes(name))) {
    for (const file of await listMigrationFiles(domain)) {
      const [sent, undone] = ['up', 'down'].map((way) => recorded.get(`${domain.name}/${file.name}/${way}`) ?? []);
      subjects.push({
        domain: domain.name,
        engine: domain.engine,
        file: relative(context.workspaceRoot, file.path),
        definition: await loadMigration(domain, file),
        up: sent ?? [],
        down: undone ?? [],
        upFacts: await factsOf(sent ?? []),
        downFacts: await factsOf(undone ?? []),
        refused: refused.get(`${domain.name}/${file.name}`) ?? [],
      });
    }
  }
  return subjects;
}

/** As far as there is a way back. */
async function revert(
  scratch: RunContext,
  domain: string,
  onStatement: (domain: string, statement: RecordedStatement) => void,
): Promise<void> {
  for (;;) {
    const results = await down(scratch, { domain, target: { steps: 1 }, cascade: true, onStatement }).catch(
      (thrown: unknown) => {
        if (thrown instanceof IrreversibleMigrationError) {
          return [];
        }
        throw thrown;
      },
    );
    if (!results.some(({ reverted }) => reverted.length > 0)) {
      return;
    }
  }
}

async function factsOf(statements: readonly RecordedStatement[]): Promise<SqlFacts[]> {
  const facts = await Promise.all(
    statements.map((statement) => (statement.engine === 'postgres' ? readSqlFacts(statement.sql) : [])),
  );
  return facts.flat();
}
