import { FinovaError } from '../../errors/index.ts';

/** Who holds a migration lock, as far as the server knows. */
export interface LockHolder {
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
}

/** The connection goes through a pooler, behind which a session lock means nothing. */
export class PoolerRefusedError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, cause?: unknown) {
    super({
      message: `${domain} cannot be migrated through a connection pooler: expected the server itself to answer, found another behind it; a pooler may run each transaction in another session, without the migration lock`,
      next: 'give the URL of the server itself, not that of PgBouncer',
      cause,
    });
    this.domain = domain;
  }
}

/** Another runner holds the domain's migration lock and did not let go in time. */
export class LockTimeoutError extends FinovaError {
  readonly domain: string;
  readonly holder: LockHolder | undefined;
  readonly waitedMs: number;

  constructor(domain: string, holder: LockHolder | undefined, waitedMs: number) {
    const who =
      holder === undefined
        ? 'another runner'
        : `${holder.actor} on ${holder.host} (pid ${holder.pid}, since ${holder.since.toISOString()})`;
    super({
      message: `The migration lock of ${domain} is held by ${who}: waited ${waitedMs} ms for it`,
      next: 'wait for that run to end, or give more time with --lock-timeout',
    });
    this.domain = domain;
    this.holder = holder;
    this.waitedMs = waitedMs;
  }
}

/** This runner lost its lock: its lease expired and another runner took over. */
export class LockLostError extends FinovaError {
  readonly domain: string;

  constructor(domain: string, cause?: unknown) {
    super({
      message: `The migration lock of ${domain} was lost while migrating: expected to hold it until the end, found it taken over or released`,
      next: `run finova-db status ${domain}, then run the same command again`,
      cause,
    });
    this.domain = domain;
  }
}

/** A MongoDB server without a replica set: it has no transactions, so nothing can be journaled safely. */
export class ReplicaSetRequiredError extends FinovaError {
  readonly address: string;

  constructor(address: string) {
    super({
      message: `MongoDB at ${address} runs alone: expected a replica set or a sharded cluster, which transactions need`,
      next: 'start it with --replSet and run rs.initiate() (one member is enough)',
    });
    this.address = address;
  }
}
