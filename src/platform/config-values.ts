import { isIP } from 'node:net';
import { z } from 'zod';

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
