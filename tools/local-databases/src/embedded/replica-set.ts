import type { Db } from 'mongodb';
import { retryUntil } from './server-process.ts';

/** The replica set of one member that an embedded mongod is: MongoDB has transactions only in one. */
export const REPLICA_SET = 'rs0';

const ELECTION_TIMEOUT_MS = 30_000;

/** Makes the replica set on a member whose data is new. */
export async function initiateReplicaSet(admin: Db, port: number): Promise<void> {
  await admin.command({ replSetInitiate: { _id: REPLICA_SET, members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  await waitForPrimary(admin);
}

/** Tells the replica set the port its member listens on: on another one than it knows, the member serves nobody. */
export async function moveMember(admin: Db, port: number): Promise<void> {
  const { config } = await admin.command({ replSetGetConfig: 1 });
  const host = `127.0.0.1:${port}`;
  if (config.members[0].host !== host) {
    const members = [{ ...config.members[0], host }];
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true });
  }
}

/** Waits until the member may be written to. */
export async function waitForPrimary(admin: Db): Promise<void> {
  await retryUntil(ELECTION_TIMEOUT_MS, async () => {
    const { isWritablePrimary } = await admin.command({ hello: 1 });
    if (isWritablePrimary !== true) {
      throw new Error('no primary was elected');
    }
  });
}
