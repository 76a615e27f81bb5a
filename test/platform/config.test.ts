import { ConfigError, databaseUrls, describeVariables, readConfig, urlOf } from '../../src/platform/config';

const problemsOf = (variables: Record<string, string>) => {
  try {
    readConfig(variables);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('settings', () => {
  it('need nothing to be set, and are safe then', () => {
    const config = readConfig({});
    expect(config.database).toMatchObject({ urls: null, embedded: true });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 4000, publicUrl: 'http://127.0.0.1:4000' });
    expect(config).toMatchObject({ demo: true, explorer: true, masterKey: null, redisUrl: null });
  });

  it('name each variable that is wrong, all at once, and what to write', () => {
    expect(problemsOf({ TESSERA_PORT: 'http', TESSERA_DEMO: 'yes', DATABASE_URL: 'mysql://x', TESSERA_MASTER_KEY: 'short' })).toEqual([
      expect.stringMatching(/^DATABASE_URL: write a URL that starts with postgres:/),
      expect.stringMatching(/^TESSERA_MASTER_KEY: write 32 random bytes/),
      expect.stringMatching(/^TESSERA_PORT: write a whole number from 0 to 65535/),
      expect.stringMatching(/^TESSERA_DEMO: write true or false/),
    ]);
  });

  it('never show the value, which may be a secret', () => {
    expect(problemsOf({ TESSERA_MASTER_KEY: 'my-secret', DATABASE_URL: 'mysql://u:pass@h' }).join()).not.toMatch(/my-secret|pass/);
  });

  it('count an empty variable as unset', () => {
    expect(readConfig({ DATABASE_URL: '', TESSERA_PORT: '' }).http.port).toBe(4000);
  });

  it('ask for keys where losing them would cost data', () => {
    const external = { NODE_ENV: 'production', DATABASE_URL: 'postgres://u@h/d' };
    expect(problemsOf(external)).toEqual([expect.stringMatching(/^TESSERA_MASTER_KEY: required/), expect.stringMatching(/^TESSERA_VAULT_KEY: required/)]);
    const hex = '0f1e'.repeat(16);
    const vault = { TESSERA_VAULT_KEY: `first:${'0f2e'.repeat(16)}` };
    const config = readConfig({ ...external, ...vault, TESSERA_MASTER_KEY: hex });
    expect(config.masterKey?.toString('hex')).toBe(hex);
    expect(readConfig({ ...external, ...vault, TESSERA_MASTER_KEY: Buffer.from(hex, 'hex').toString('base64') }).masterKey).toEqual(config.masterKey);
    expect(problemsOf({ ...external, TESSERA_MASTER_KEY: hex })).toEqual([expect.stringMatching(/^TESSERA_VAULT_KEY: required/)]);
  });

  it('take a ring of vault keys, the one in use first, and nothing that is no ring', () => {
    const [one, two] = ['0f2e'.repeat(16), '1F3E'.repeat(16)];
    expect(readConfig({}).vaultKeys).toBeNull();
    expect(readConfig({ TESSERA_VAULT_KEY: `2027:${two}, first:${one}` }).vaultKeys).toEqual([
      { id: '2027', key: Buffer.from(two, 'hex') },
      { id: 'first', key: Buffer.from(one, 'hex') },
    ]);
    const elevenKeys = Array.from({ length: 11 }, (_, n) => `k${n}:${n.toString(16).padStart(64, '0')}`).join();
    for (const wrong of [one, `first:${one}0`, `First:${one}`, `:${one}`, `a:${one},a:${two}`, `a:${one},b:${one}`, `a:${one},`, 'a:secret', elevenKeys]) {
      const problems = problemsOf({ TESSERA_VAULT_KEY: wrong });
      expect(problems).toEqual([expect.stringMatching(/^TESSERA_VAULT_KEY: write id:key/)]);
      expect(problems.join()).not.toMatch(/secret|0f2e/);
    }
  });

  it('trust so many proxies, or some networks, and nothing that they cannot read', () => {
    const trusted = (value: string) => readConfig({ TESSERA_TRUST_PROXY: value }).http.trustProxy;
    expect(readConfig({}).http.trustProxy).toBeNull();
    expect(trusted('2')).toBe(2);
    expect(trusted('10.0.0.0/8, fd00::/8,192.0.2.7')).toEqual([
      { address: '10.0.0.0', prefix: 8 },
      { address: 'fd00::', prefix: 8 },
      { address: '192.0.2.7', prefix: 32 },
    ]);
    for (const wrong of ['true', '-1', '10.0.0.0/33', '10.0.0/8', 'proxy', '10.0.0.0/', '1,proxy'])
      expect(problemsOf({ TESSERA_TRUST_PROXY: wrong })).toEqual([expect.stringMatching(/^TESSERA_TRUST_PROXY: write how many proxies/)]);
  });

  it('keep an issuer as it is written', () => {
    expect(readConfig({ TESSERA_OIDC_ISSUER: 'https://login.example/' }).oidc.issuer).toBe('https://login.example/');
    expect(readConfig({ TESSERA_OIDC_ISSUER: 'https://login.example' }).oidc.issuer).toBe('https://login.example');
  });

  describe('refuse in production', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://u@h/d',
      TESSERA_MASTER_KEY: '0f1e'.repeat(16),
      TESSERA_VAULT_KEY: `first:${'0f2e'.repeat(16)}`,
    };
    const serving = { ...production, TESSERA_PUBLIC_URL: 'https://points.example' };

    it.each<[string, Record<string, string>, string]>([
      ['a key of zeros', { TESSERA_MASTER_KEY: '00'.repeat(32) }, 'TESSERA_MASTER_KEY'],
      ['a key of one byte', { TESSERA_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }, 'TESSERA_MASTER_KEY'],
      ['a vault key of one byte', { TESSERA_VAULT_KEY: `2027:${'1f2e'.repeat(16)},first:${'07'.repeat(32)}` }, 'TESSERA_VAULT_KEY'],
      ['the master key for a vault key', { TESSERA_VAULT_KEY: `first:${'0f1e'.repeat(16)}` }, 'TESSERA_VAULT_KEY'],
      ['logins over http', { TESSERA_OIDC_ISSUER: 'http://login.example' }, 'TESSERA_OIDC_ISSUER'],
      ['their keys over http', { TESSERA_OIDC_JWKS_URL: 'http://login.example/jwks' }, 'TESSERA_OIDC_JWKS_URL'],
      ['a gateway without a name', { TESSERA_PUBLIC_URL: '' }, 'TESSERA_PUBLIC_URL'],
      ['a sandbox', { TESSERA_MODE: 'sandbox' }, 'TESSERA_MODE'],
    ])('%s', (_what, variables, named) => {
      const refused = (environment: Record<string, string>) => {
        try {
          readConfig(environment, { serves: true });
          return [];
        } catch (error) {
          return (error as ConfigError).problems;
        }
      };
      expect(refused({ ...serving, ...variables })).toEqual([expect.stringMatching(new RegExp(`^${named}: .{20,}`))]);
      expect(refused({ ...serving, ...variables, NODE_ENV: 'development' })).toEqual([]);
    });

    it('nothing that is said twice, or that a process does not need', () => {
      expect(readConfig({ ...serving, TESSERA_MODE: 'sandbox', TESSERA_SANDBOX_CONFIRMED: 'true' }, { serves: true }).mode).toBe('sandbox');
      expect(readConfig(serving, { serves: true }).http.publicUrl).toBe('https://points.example');
      expect(readConfig(production).mode).toBe('production');
    });
  });

  it('load no demo into a database of somebody, and none without logins for its people', () => {
    const external = { DATABASE_URL: 'postgres://u@h/d' };
    expect(readConfig(external)).toMatchObject({ demo: false, oidc: { localIssuer: false } });
    expect(readConfig({ ...external, TESSERA_DEMO: 'true' })).toMatchObject({ demo: true, oidc: { localIssuer: true } });
    expect(readConfig({ NODE_ENV: 'production' })).toMatchObject({ demo: false, explorer: false, oidc: { localIssuer: false } });
    expect(problemsOf({ NODE_ENV: 'production', TESSERA_DEMO: 'true' })).toEqual([expect.stringMatching(/^TESSERA_DEMO: .*TESSERA_LOCAL_ISSUER=true/)]);
  });

  it('connect every role as itself, whatever the URL says already', () => {
    const urls = databaseUrls('postgres://u:p%40@h:1/d?sslmode=require&options=-c%20statement_timeout%3D5s', { kernel: 'postgres://k@h/d' });
    expect(new URL(urls.app).searchParams.get('options')).toBe('-c statement_timeout=5s -c role=tessera_app');
    expect(new URL(urls.app).searchParams.get('sslmode')).toBe('require');
    expect(urls.kernel).toBe('postgres://k@h/d?options=-c%20role%3Dtessera_kernel');
  });

  it('can be reached from this machine where they listen everywhere', () => {
    expect([urlOf('0.0.0.0', 1), urlOf('::1', 2), urlOf('h', 3)]).toEqual(['http://127.0.0.1:1', 'http://[::1]:2', 'http://h:3']);
  });

  it('are all explained', () => {
    for (const { name, meaning } of describeVariables()) expect(`${name}: ${meaning}`).toMatch(/: .{15,}/);
  });
});
