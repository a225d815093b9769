import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket, connect as tcpConnect } from 'node:net';

/** A TCP relay on loopback that counts what the other side sends. */
export interface CountingProxy {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Bytes from the store to whoever reads it, since the proxy began. */
  received(): number;
  close(): Promise<void>;
}

/** @param target `host:port` */
export async function countingProxy(target: string): Promise<CountingProxy> {
  const [host = '127.0.0.1', port = ''] = target.split(':');
  const open = new Set<Socket>();
  let bytes = 0;
  const server = createServer((client) => {
    const store = tcpConnect(Number(port), host);
    store.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    for (const [from, to] of [
      [client, store],
      [store, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      // A side that goes away takes the other along; which of them broke is told by who reads.
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => bytes,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
