import { isIP } from 'node:net';
import { z } from 'zod';
import type { VaultKey } from './vault-key';

/** How the text of a variable is read; the messages say what to write instead. */
export const flag = z.enum(['true', 'false'], 'write true or false').transform((value) => value === 'true');
export const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `write a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `write a whole number from ${least} to ${most}`);
export const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol),
      `write a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    );
export const postgresUrl = url(['postgres:', 'postgresql:']);
export const webUrl = url(['http:', 'https:']).transform((value) => value.replace(/\/+$/, ''));
/** As the provider writes itself: a slash at its end belongs to it. */
export const issuerUrl = url(['http:', 'https:']);
const TRUST = 'write how many proxies stand in a row before the gateway (1 for one), or their networks, e.g. 10.0.0.0/8,192.0.2.7';
export const trustProxy = z.string().transform((value, context) => {
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const networks = value.split(',').map((each) => {
    const [address = '', given] = each.trim().split('/');
    const longest = isIP(address) === 6 ? 128 : 32;
    const prefix = given === undefined ? longest : /^\d{1,3}$/.test(given) ? Number(given) : -1;
    return { address, prefix, isRight: isIP(address) !== 0 && prefix >= 0 && prefix <= longest };
  });
  if (networks.every(({ isRight }) => isRight)) return networks.map(({ address, prefix }) => ({ address, prefix }));
  context.addIssue({ code: 'custom', message: TRUST });
  return z.NEVER;
});
export const hostAndPort = z.string().transform((value, context) => {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  if (host && Number(port) <= 65_535) return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  context.addIssue({ code: 'custom', message: 'write an address of this machine and a port, e.g. 127.0.0.1:9464' });
  return z.NEVER;
});
export const masterKey = z.string().transform((value, context) => {
  const key = /^[0-9a-fA-F]{64}$/.test(value) ? Buffer.from(value, 'hex') : Buffer.from(value, 'base64');
  if (key.length === 32) return key;
  context.addIssue({ code: 'custom', message: 'write 32 random bytes as 64 hex digits or as base64, e.g. from: openssl rand -hex 32' });
  return z.NEVER;
});

/** A rotation needs two; more are of no use. */
const MOST_VAULT_KEYS = 10;
const VAULT_KEYS =
  'write id:key, the id of small letters, digits, "-" or "_", the key 32 random bytes as 64 hex digits, e.g. from: echo 2027:$(openssl rand -hex 32). Several, the one in use first, stand one after the other with commas between, each id and each key once';
export const vaultKeys = z.string().transform((value, context): readonly VaultKey[] => {
  const parts = value.split(',').map((each) => /^([a-z0-9][a-z0-9_-]{0,31}):([0-9a-f]{64})$/i.exec(each.trim()));
  const keys = parts.flatMap((part) => (part?.[1] && part[2] ? [{ id: part[1], key: Buffer.from(part[2], 'hex') }] : []));
  const areRight =
    keys.length === parts.length &&
    keys.length <= MOST_VAULT_KEYS &&
    keys.every(({ id }) => id === id.toLowerCase()) &&
    new Set(keys.map(({ id }) => id)).size === keys.length &&
    new Set(keys.map(({ key }) => key.toString('hex'))).size === keys.length;
  if (areRight) return keys;
  context.addIssue({ code: 'custom', message: VAULT_KEYS });
  return z.NEVER;
});
