import type { FastifyInstance } from 'fastify';
import { createHttpServer } from '../../src/api/http/server';
import { registerGraphql } from '../../src/api/server/register-graphql';
import { type Principal, SCOPES, type Scope } from '../../src/coalition/access/principal';
import { createBrand } from '../../src/coalition/coalition/create-brand';
import { foundCoalition } from '../../src/coalition/coalition/found-coalition';
import { mintClientToken } from '../../src/coalition/sign-in/access-tokens';
import { createApiClient } from '../../src/coalition/sign-in/create-api-client';
import { localIssuer, mintLocalLogin } from '../../src/coalition/sign-in/local-issuer';
import type { Uuid } from '../../src/platform/ids';
import type { TestApp } from './test-app';

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape; what is wrong shows as a failed expectation
export type Answer = any;

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: Answer;
  readonly errors: readonly { message: string; path?: (string | number)[]; extensions: Record<string, Answer> }[] | undefined;
}

/** The gateway's HTTP side over a test app, asked without a socket. */
export interface TestApi {
  readonly server: FastifyInstance;
  /** A function as the token makes one that is good at the clock's time now. */
  ask(token: string | null | (() => Promise<string>), query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  close(): Promise<void>;
}

export async function openApi(test: TestApp): Promise<TestApi> {
  const server = createHttpServer(test.app.config, test.app.log);
  await registerGraphql(server, test.app);
  await server.ready();
  return {
    server,
    async ask(given, query, variables) {
      const token = typeof given === 'function' ? await given() : given;
      const response = await server.inject({
        method: 'POST',
        url: '/graphql',
        headers: token ? { authorization: `Bearer ${token}` } : {},
        payload: { query, variables },
      });
      const { data, errors } = response.json();
      return { status: response.statusCode, headers: response.headers, data, errors };
    },
    close: () => server.close(),
  };
}

/** A coalition's first principals: its operator, and brands each with an API client that has every scope. */
export interface TestCoalition {
  readonly operator: Principal & { kind: 'staff' };
  readonly operatorToken: string;
  readonly freshOperatorToken: () => Promise<string>;
  readonly brands: Readonly<Record<string, TestBrand>>;
}

export interface TestBrand {
  readonly id: Uuid;
  readonly client: Principal & { kind: 'client' };
  readonly clientId: Uuid;
  readonly secret: string;
  readonly token: string;
  readonly freshToken: () => Promise<string>;
}

/** What the operator's login is called. */
export const OPERATOR = 'operator';

/** Founds a coalition (the local issuer must be on) with brands of these codes. */
export async function foundTestCoalition({ app }: TestApp, ...codes: string[]): Promise<TestCoalition> {
  const { brandId, staffId } = await foundCoalition(app, {
    code: 'OPERATOR',
    name: 'Operator',
    firstOperator: { issuer: localIssuer(app), subject: OPERATOR },
  });
  const operator: TestCoalition['operator'] = { kind: 'staff', staffId, brandId, role: 'OPERATOR', ofOperator: true };
  const brands: Record<string, TestBrand> = {};
  for (const code of codes) {
    const { id } = await createBrand(app, operator, { idempotencyKey: `brand ${code}`, code, name: code.toLowerCase() });
    const { client, secret } = await createApiClient(app, operator, { idempotencyKey: `client ${code}`, brandId: id, name: 'till', scopes: [...SCOPES] });
    const freshToken = () => mintClientToken(app, { id: client.id, scopes: SCOPES });
    brands[code] = {
      id,
      clientId: client.id,
      secret: secret ?? '',
      client: { kind: 'client', clientId: client.id, brandId: id, scopes: new Set<Scope>(SCOPES) },
      token: await freshToken(),
      freshToken,
    };
  }
  const freshOperatorToken = () => mintLocalLogin(app, OPERATOR);
  return { operator, operatorToken: await freshOperatorToken(), freshOperatorToken, brands };
}

/** The same coalition as another app over a clone of its database has it. */
export function refoundTestCoalition({ app }: TestApp, { operator, operatorToken, brands }: TestCoalition): TestCoalition {
  const again = Object.entries(brands).map(([code, brand]) => [
    code,
    { ...brand, freshToken: () => mintClientToken(app, { id: brand.clientId, scopes: SCOPES }) },
  ]);
  return { operator, operatorToken, freshOperatorToken: () => mintLocalLogin(app, OPERATOR), brands: Object.fromEntries(again) };
}

/** Puts a member straight into the database, linked to the brands given; answers with its uuid. */
export async function insertMember(test: TestApp, id: Uuid, ...brandIds: Uuid[]): Promise<void> {
  const { owner } = test.database;
  await owner.query('INSERT INTO member (id, enrolled_by_brand_id, enrolled_at) VALUES ($1, $2, now())', [id, brandIds[0]]);
  for (const brandId of brandIds)
    await owner.query(
      "INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by) VALUES (gen_random_uuid(), $1, $2, 'ENROLLED', now(), now(), 'ENROLMENT')",
      [brandId, id],
    );
}
