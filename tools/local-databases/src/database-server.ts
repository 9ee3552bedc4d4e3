/** The engine a server speaks. */
export type DatabaseEngine = 'postgres' | 'mongodb';

/** Which branch of the selection found a server. */
export type ServerSource = 'url' | 'containers' | 'embedded';

/** A real server, ready to be used. */
export interface DatabaseServer {
  readonly engine: DatabaseEngine;
  readonly source: ServerSource;
  /** With credentials; never printed. */
  readonly url: string;
  /** For tables, without secrets: `PostgreSQL 18.4 at 127.0.0.1:54321/finova`. */
  readonly label: string;
  /** Which branch was picked and why, in one line. */
  readonly reason: string;
  /** Ends what was started for this call alone; what outlives a command is left running. */
  stop(): Promise<void>;
}
