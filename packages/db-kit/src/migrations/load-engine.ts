import type { Engine } from './migration.ts';
import type { MigrationEngine } from './migration-engine.ts';

/** Loaded when it is needed: each brings a driver with it. */
export async function loadEngine(engine: Engine): Promise<MigrationEngine> {
  return engine === 'postgres'
    ? (await import('./postgres/postgres-migration-engine.ts')).postgresMigrationEngine
    : (await import('./mongodb/mongo-migration-engine.ts')).mongoMigrationEngine;
}
