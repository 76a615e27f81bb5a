import { setTimeout as sleep } from 'node:timers/promises';
import { itemAt } from '../../../platform/one-of';

/** The platform said no, for good: sending it again changes nothing. */
export class PlatformRefused extends Error {}

/** It could not be asked for too long; whoever starts again goes on where it was. */
export class PlatformOut extends Error {}

export interface Credentials {
  readonly url: string;
  readonly clientId: string;
  readonly secret: string;
}

/** Codes of refusals that lie in no request and pass. */
const PASSING: ReadonlySet<string> = new Set(['OVERLOADED', 'UNAVAILABLE']);

const LONGEST_WAIT_MS = 10_000;
const REQUEST_MS = 120_000;

/** The platform's API as one API client. What waiting can cure is sent again: every request counts once. */
export class Platform {
  private token: { readonly value: string; readonly until: number } | null = null;

  constructor(
    private readonly credentials: Credentials,
    private readonly onTrouble: (trouble: string) => void,
    private readonly patienceMs = 600_000,
  ) {}

  /**
   * The answer of a mutation or query. Waits out refusals that pass by themselves. Throws PlatformRefused for those
   * that somebody has to do something about.
   */
  async ask<Answer>(query: string, variables: Record<string, unknown>): Promise<Answer> {
    return this.patiently(async () => {
      const { status, body } = await this.post('/graphql', JSON.stringify({ query, variables }), {
        'content-type': 'application/json',
        authorization: `Bearer ${await this.freshToken()}`,
      });
      if (status === 401) {
        this.token = null;
        throw new Error('the access token was refused');
      }
      const { data, errors } = parseAnswer(body);
      if (errors) throw errorOf(itemAt(errors, 0));
      const [answer] = Object.values(data ?? {}) as { retrySafe?: boolean; code?: string; message?: string }[];
      if (answer?.code && answer.retrySafe !== undefined) {
        const refusal = `${answer.code}: ${answer.message}`;
        throw PASSING.has(answer.code) ? new Error(refusal) : new PlatformRefused(refusal);
      }
      return answer as Answer;
    });
  }

  private async freshToken(): Promise<string> {
    if (this.token && Date.now() < this.token.until) return this.token.value;
    const { clientId, secret } = this.credentials;
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64');
    const { status, body } = await this.post('/oauth/token', 'grant_type=client_credentials', {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${basic}`,
    });
    if (status === 400 || status === 401)
      throw new PlatformRefused('The platform does not accept these client credentials. Correct TESSERA_CLIENT_ID and TESSERA_CLIENT_SECRET.');
    const { access_token, expires_in } = JSON.parse(body) as { access_token: string; expires_in: number };
    this.token = { value: access_token, until: Date.now() + expires_in * 800 };
    return access_token;
  }

  private async post(path: string, body: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const response = await fetch(`${this.credentials.url}${path}`, { method: 'POST', body, headers, signal: AbortSignal.timeout(REQUEST_MS) });
    const text = await response.text();
    if (response.status === 429 || response.status >= 500) {
      const seconds = Number(response.headers.get('retry-after'));
      if (seconds > 0) await sleep(Math.min(seconds * 1_000, 60_000));
      throw new Error(`HTTP ${response.status}`);
    }
    return { status: response.status, body: text };
  }

  private async patiently<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    const began = Date.now();
    for (let wait = 500; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof PlatformRefused) throw error;
        const trouble = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
        if (Date.now() - began > this.patienceMs)
          throw new PlatformOut(`The platform could not be reached for ${Math.round(this.patienceMs / 1_000)} s: ${trouble}.`);
        this.onTrouble(trouble);
        await sleep(wait * (0.5 + Math.random()));
      }
    }
  }
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly field?: string };
}

function parseAnswer(body: string): { data?: Record<string, unknown>; errors?: readonly GraphqlError[] } {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error('the answer was no JSON');
  }
}

function errorOf({ message, extensions }: GraphqlError): Error {
  const code = extensions?.code ?? 'ERROR';
  if (code === 'INTERNAL_SERVER_ERROR' || code === 'RATE_LIMITED') return new Error(`${code}: ${message}`);
  return new PlatformRefused(`${code}${extensions?.field ? ` (${extensions.field})` : ''}: ${message}`);
}
