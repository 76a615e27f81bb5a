import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How long the platform may be away (restarted, say) before the driver gives up. */
const PATIENCE_MS = 300_000;
const ANSWER_TIMEOUT_MS = 120_000;
const BUSY = new Set([429, 502, 503, 504]);

/**
 * Sends requests over keep-alive connections, again and again while the platform is away or busy. Everything it sends
 * is idempotent.
 */
export class HttpClient {
  private readonly agent: Agent | SecureAgent;
  /** How often a request had to be sent again. */
  retries = 0;

  constructor(
    readonly baseUrl: string,
    private readonly onTrouble: (trouble: string) => void,
  ) {
    const options = { keepAlive: true, maxSockets: 128, noDelay: true };
    this.agent = baseUrl.startsWith('https:') ? new SecureAgent(options) : new Agent(options);
  }

  close(): void {
    this.agent.destroy();
  }

  async post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const startedAt = performance.now();
    for (let attempt = 0; ; attempt++) {
      let trouble: string;
      try {
        const answer = await this.send(path, body, headers);
        if (!BUSY.has(answer.status)) return answer;
        trouble = `HTTP ${answer.status}`;
      } catch (error) {
        trouble = (error as Error).message || String((error as NodeJS.ErrnoException).code);
      }
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`${this.baseUrl}${path} did not answer for ${PATIENCE_MS / 1_000} seconds: ${trouble}`);
      this.retries++;
      this.onTrouble(trouble);
      await sleep(backoff(attempt));
    }
  }

  private send(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const send = this.baseUrl.startsWith('https:') ? httpsRequest : httpRequest;
      const sent = send(`${this.baseUrl}${path}`, {
        method: 'POST',
        agent: this.agent,
        timeout: ANSWER_TIMEOUT_MS,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('the answer was cut off')));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }));
      });
      sent.end(body);
    });
  }
}

/** Milliseconds before attempt + 1: doubling from 50 to 2,000, with jitter. */
export function backoff(attempt: number): number {
  return Math.min(2_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2);
}
