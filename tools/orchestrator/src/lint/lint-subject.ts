import type { MongoMigration, PostgresMigration, RecordedStatement } from '@finova/db-kit/migrations';
import type { WorkspaceDomain } from '../workspace/workspace-domain.ts';
import type { SqlStatement } from './parse-sql.ts';

export type PostgresStatement = Extract<RecordedStatement, { engine: 'postgres' }>;
export type MongoCommand = Extract<RecordedStatement, { engine: 'mongodb' }>;

interface SubjectCommon {
  readonly domain: WorkspaceDomain;
  /** `20260301T090000-create-accounts` */
  readonly migration: string;
  /** Path of its file, relative to the workspace. */
  readonly file: string;
  /** Text of its file. */
  readonly source: string;
}

/** A PostgreSQL migration with what its `up` and its `down` sent. */
export interface PostgresSubject extends SubjectCommon {
  readonly engine: 'postgres';
  readonly definition: PostgresMigration;
  readonly up: readonly SqlStatement[];
  readonly down: readonly SqlStatement[];
}

/** A MongoDB migration with what its steps sent. */
export interface MongoSubject extends SubjectCommon {
  readonly engine: 'mongodb';
  readonly definition: MongoMigration;
  readonly up: readonly MongoCommand[];
  readonly down: readonly MongoCommand[];
  /** What the earlier migrations of its domain sent on their way up. */
  readonly before: readonly MongoCommand[];
}

/** One migration with all that the rules look at. */
export type LintSubject = PostgresSubject | MongoSubject;
