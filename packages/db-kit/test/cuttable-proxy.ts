import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server that can be cut, as a network is: for tests of what happens then. */
export interface CuttableProxy {
  /** The server's URL with the proxy's address in it. */
  readonly url: string;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** Keeps every connection and lets nothing through any more, as a server does that hangs. */
  stall(): void;
  /** Lets new connections through again; those that were there stay as they are. */
  recover(): void;
  /** Connections that are open now. */
  openConnections(): number;
}

export async function cuttableProxy(serverUrl: string): Promise<CuttableProxy> {
  const [, host = '', port = ''] = /@?([^@/:]+):(\d+)(?:[/?]|$)/.exec(serverUrl.replace(/^[a-z]+:\/\//, '')) ?? [];
  const sockets = new Set<Socket>();
  const outgoings = new Set<Socket>();
  let isCut = false;
  let isStalled = false;
  const server = createServer((incoming) => {
    const outgoing = connect(Number(port), host);
    if (isCut) {
      incoming.destroy();
    }
    sockets.add(incoming);
    incoming
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(incoming);
        outgoing.destroy();
      });
    outgoing.on('error', () => {}).on('close', () => incoming.destroy());
    outgoings.add(outgoing);
    if (!isStalled) {
      incoming.pipe(outgoing).pipe(incoming);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  const stall = () => {
    isStalled = true;
    for (const socket of [...sockets, ...outgoings]) {
      socket.unpipe();
    }
  };
  const recover = () => {
    isStalled = false;
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Tests have patience with their server; who waits for one that is cut off does so for as long as usual.
  const impatient = serverUrl.replaceAll(/&(?:connect|serverSelection)TimeoutMS=\d+/g, '');
  return { url: impatient.replace(`${host}:${port}`, own), cut, stall, recover, openConnections: () => sockets.size };
}
