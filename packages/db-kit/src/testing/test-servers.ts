import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL of the PostgreSQL server that the run's global set-up chose. */
    postgresUrl: string;
    /** An administrator's URL of the MongoDB-protocol server that the run's global set-up chose. */
    mongodbUrl: string;
  }
}

/** The PostgreSQL server of this test run; make databases of your own on it. */
export function testPostgresUrl(): string {
  return inject('postgresUrl');
}

/** The MongoDB server of this test run; use a database name of your own on it. */
export function testMongoUrl(): string {
  return inject('mongodbUrl');
}
