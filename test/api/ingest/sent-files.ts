import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileKind } from '../../../src/api/ingest/client/file-rows';
import { importFromCommandLine } from '../../../src/api/ingest/client/import-command';
import { openPointsApi, type PointsApi } from '../../support/points-api';

/** Files, and a gateway that the command sends them to. */
export class SentFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'import-'));
  points!: PointsApi;
  url = '';
  requests = 0;
  /** Whether a request's connection is cut: before it is passed on, or before its answer is given. */
  cut: (request: number) => 'before' | 'after' | null = () => null;
  /** What the command told. */
  readonly said: string[] = [];
  /** The command is killed as it says this. */
  dieAt: RegExp | null = null;
  /** Bodies of the requests to the API. */
  readonly bodies: string[] = [];

  private readonly gateway = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      if (request.url === '/graphql') this.bodies.push(Buffer.concat(parts).toString());
      const fate = request.url === '/graphql' ? this.cut(++this.requests) : null;
      if (fate === 'before') return request.socket.destroy();
      const { 'content-length': _length, host: _host, connection: _connection, ...headers } = request.headers as Record<string, string>;
      const answer = await this.points.api.server.inject({ method: 'POST', url: request.url, headers, payload: Buffer.concat(parts) });
      if (fate === 'after') return request.socket.destroy();
      response.writeHead(answer.statusCode, { 'content-type': String(answer.headers['content-type']) }).end(answer.body);
    });
  });

  async open(): Promise<void> {
    this.points = await openPointsApi();
    await this.points.test.database.owner.query('UPDATE terms_version SET opening_price = 2500');
    await this.points.test.database.owner.query('UPDATE coalition_version SET version = version + 1');
    await new Promise<void>((listening) => this.gateway.listen(0, '127.0.0.1', listening));
    this.url = `http://127.0.0.1:${(this.gateway.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    rmSync(this.directory, { recursive: true });
    this.gateway.closeAllConnections();
    await new Promise((closed) => this.gateway.close(closed));
    await this.points?.close();
  }

  /** Nothing is said or sent so far, and nothing cut. */
  readonly forget = (): void => {
    this.said.length = 0;
    this.bodies.length = 0;
    this.requests = 0;
    this.cut = () => null;
  };

  readonly write = (name: string, content: string | Buffer): string => {
    writeFileSync(join(this.directory, name), content);
    return join(this.directory, name);
  };

  get settings() {
    const { clientId, secret } = this.points.coalition.brands.FUEL;
    return { url: this.url, clientId: `cli_${clientId.replaceAll('-', '')}`, clientSecret: secret };
  }

  /** The command's exit code. */
  readonly run = (kind: FileKind, ...args: string[]): Promise<number> =>
    importFromCommandLine(kind, this.settings, [...(kind === 'MEMBERS' ? [] : ['--currency', 'FLP']), ...args], (text) => {
      if (this.dieAt?.test(text)) throw new Error('killed');
      this.said.push(text);
    });

  readonly booked = async (): Promise<{ transfers: number; points: number }> =>
    (
      await this.points.test.database.owner.query(
        "SELECT count(*)::int AS transfers, coalesce(sum(amount), 0)::int AS points FROM transfer WHERE code IN ('OPENING', 'EARN')",
      )
    ).rows[0];

  readonly members = async (): Promise<number> => (await this.points.test.database.owner.query('SELECT count(*)::int AS n FROM member')).rows[0].n;
}
