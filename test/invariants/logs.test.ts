import { mintLocalLogin } from '../../src/coalition/sign-in/local-issuer';
import { rotateApiClientSecret } from '../../src/coalition/sign-in/rotate-api-client-secret';
import { itemAt } from '../../src/platform/one-of';
import { actorOf, ownCall, prepareProbes, send } from './isolation/attack';
import { openTwoBrands, type TwoBrands } from './isolation/two-brands';

/** Everything that is logged from the founding of the coalition on, at the level that says most. */
const lines: string[] = [];
let world: TwoBrands;

beforeAll(async () => {
  world = await openTwoBrands({ logTo: { write: (line) => void lines.push(line) }, variables: { TESSERA_LOG_LEVEL: 'trace', TESSERA_LOG_FORMAT: 'json' } });
});
afterAll(() => world?.close());

/**
 * What must not be in any line: every token, secret and personal text that the scenario used, and passwords and keys.
 */
function secretsIn(text: string, secrets: ReadonlyMap<string, string>): string[] {
  return [...secrets].filter(([secret]) => text.includes(secret)).map(([, what]) => what);
}

it('the log holds no token, no secret and nothing personal, whatever happens', async () => {
  const { a, b, operator, points } = world;
  const { server } = points.api;
  const { app, database } = points.test;
  const secrets = new Map<string, string>([
    [a.word, 'text of a brand or member'],
    [b.word, 'text of a brand or member'],
    ['tss_', "a client's secret"],
    ['eyJ', 'a token'],
    ['@example.com', 'an e-mail address'],
    ['1980-01-01', 'a birth date'],
    [new URL(database.urls.app).password, 'a password of the database'],
    [app.config.masterKey?.toString('hex') ?? '', 'the master key'],
    [app.config.masterKey?.toString('base64') ?? '', 'the master key'],
    [itemAt(app.config.vaultKeys ?? [], 0).key.toString('hex'), 'a vault key'],
    [itemAt(app.config.vaultKeys ?? [], 0).key.toString('base64'), 'a vault key'],
  ]);
  const tokens = await Promise.all([a.client, a.member, a.staff.SUPPORT, operator].map((actor) => actor.token()));

  // What works, what is refused, what is bad: by everybody, about everything.
  for (const each of await prepareProbes(world, [world.a])) {
    const actor = actorOf(world, each, a);
    const good = ownCall(world, each, a, actor, 'x');
    await send(world, await actor.token(), each.root, good);
    await send(world, await b.client.token(), each.root, good);
    const spoilt = JSON.parse(JSON.stringify(good), (_name, value) => (typeof value === 'string' ? `${value}\u0000${a.word}` : value));
    await send(world, await actor.token(), each.root, spoilt);
  }
  // Credentials, good and bad, in every place that takes them.
  const { secret } = await rotateApiClientSecret(app, a.client.principal, { idempotencyKey: 'rotate', clientId: points.coalition.brands[a.code].clientId });
  const clientId = `cli_${points.coalition.brands[a.code].clientId.replaceAll('-', '')}`;
  for (const tried of [secret, `${secret}x`]) {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const basic = `Basic ${Buffer.from(`${clientId}:${tried}`).toString('base64')}`;
    secrets.set(basic.slice(6), 'credentials in a header');
    await server.inject({ method: 'POST', url: '/oauth/token', headers: { ...form, authorization: basic }, payload: 'grant_type=client_credentials' });
    await server.inject({
      method: 'POST',
      url: `/oauth/token?client_secret=${tried}`,
      headers: form,
      payload: `grant_type=client_credentials&client_id=${clientId}&client_secret=${tried}`,
    });
  }
  for (const token of [...tokens, `${tokens[0]}x`, await mintLocalLogin(app, `${a.word} stranger`)]) {
    await server.inject({
      url: `/graphql?query={viewer{kind}}&access_token=${token}`,
      headers: { authorization: `Bearer ${token}`, cookie: `session=${token}`, 'x-request-id': token },
    });
    await server.inject({ url: `/nowhere/${token}/${a.own.card}` });
  }
  // Errors of the database, whose messages and details name values: a row that is refused, a table that is gone, a
  // connection that is cut.
  const { owner } = database;
  await owner.query("ALTER TABLE vault_entry ADD CONSTRAINT seeded CHECK (category <> 'NAME') NOT VALID");
  const enrol = `mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { __typename } }`;
  const personalData = { givenName: `${a.word} given`, email: `${a.word}@example.com` };
  const answer = await points.api.ask(tokens[0], enrol, { input: { idempotencyKey: a.word, customerId: a.word, personalData } });
  expect(answer.errors?.[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(JSON.stringify(answer)).not.toContain(a.word);
  await owner.query('ALTER TABLE vault_entry DROP CONSTRAINT seeded; ALTER TABLE purchase_line RENAME TO hidden');
  const line = { sku: `${a.word} sku`, quantity: '1', unitPrice: '1' };
  const buy = `mutation ($input: RecordPurchaseInput!) { recordPurchase(input: $input) { __typename } }`;
  const input = { idempotencyKey: 'gone', member: { customerId: a.own.customerId }, currency: 'FLP', moneyCurrency: 'EUR', lines: [line], reference: a.word };
  await points.api.ask(tokens[0], buy, { input });
  await owner.query('ALTER TABLE hidden RENAME TO purchase_line');
  await owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
  await points.api.ask(tokens[0], buy, { input: { ...input, idempotencyKey: 'cut' } });

  const logged = lines.join('');
  expect(lines.length).toBeGreaterThan(200);
  expect(lines.filter((each) => JSON.parse(each).level === 'error').length).toBeGreaterThan(1);
  const found = lines.flatMap((each) => secretsIn(each, secrets).map((what) => `${what}: ${each.slice(0, 300)}`));
  expect(found).toEqual([]);
  for (const token of tokens) expect(logged).not.toContain(token.split('.')[2]);
  // And it would be seen if it were there; fields of a known name are cut out.
  app.log.info({ note: a.word }, 'a mistake of ours');
  expect(secretsIn(lines.at(-1) ?? '', secrets)).toEqual(['text of a brand or member']);
  app.log.info({ email: a.word, input: { phone: a.word, token: 'eyJ' } }, 'another mistake');
  expect(secretsIn(lines.at(-1) ?? '', secrets)).toEqual([]);
});
