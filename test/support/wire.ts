import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire to a database that can be cut, or go silent while it stays connected. */
export class Wire {
  private readonly sockets = new Set<Socket>();
  silent = false;
  /** Connections that were made over it. */
  connections = 0;
  /** Pieces towards the server that went nowhere, since it was silent. */
  swallowed = 0;
  /** Goes silent when this has passed towards the server. */
  silentAfter: string | null = null;
  /** Cuts the wire when this has passed towards the server, before its answer comes back. */
  cutAfter: string | null = null;
  /**
   * Asked when a COMMIT passes, by the port that the server sees: whether the wire is cut after it, before its answer
   * comes back.
   */
  loses: ((port: number) => Promise<boolean>) | null = null;

  private constructor(
    private readonly server: Server,
    readonly connectionString: string,
  ) {}

  static async open(connectionString: string): Promise<Wire> {
    const target = new URL(connectionString);
    const server = createServer((near) => {
      wire.connections++;
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        wire.sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            near.destroy();
            far.destroy();
          });
      }
      let cut = false;
      near.on('data', (chunk) => {
        if (wire.silent) {
          wire.swallowed++;
          return;
        }
        if (wire.loses && chunk.includes('COMMIT')) {
          near.pause();
          void wire.loses(far.localPort as number).then((lost) => {
            cut ||= lost;
            far.write(chunk);
            near.resume();
          });
          return;
        }
        if (wire.cutAfter && chunk.includes(wire.cutAfter)) {
          cut = true;
          wire.cutAfter = null;
        }
        far.write(chunk);
        if (wire.silentAfter && chunk.includes(wire.silentAfter)) {
          wire.silent = true;
          wire.silentAfter = null;
        }
      });
      far.on('data', (chunk) => {
        if (cut) near.destroy();
        else if (!wire.silent) near.write(chunk);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(connectionString);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as { port: number }).port);
    const wire = new Wire(server, url.toString());
    return wire;
  }

  /** Cuts it for good: what is connected is lost, and who connects anew is refused. */
  async close(): Promise<void> {
    if (!this.server.listening) return;
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
