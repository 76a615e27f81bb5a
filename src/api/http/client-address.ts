import { BlockList, isIP } from 'node:net';
import type { Config } from '../../platform/config';

/** Whether the address is a proxy of ours; `hop` 0 is whoever connects, 1 whom that one names, and so on. */
export type TrustsProxy = (address: string, hop: number) => boolean;

/** So many proxies in a row, or those of some networks. Null: none, whoever connects is the client. */
export function trustedProxies(setting: Config['http']['trustProxy']): TrustsProxy | null {
  if (setting === null || setting === 0) return null;
  if (typeof setting === 'number') return (_address, hop) => hop < setting;
  const networks = new BlockList();
  for (const { address, prefix } of setting) networks.addSubnet(address, prefix, familyOf(address));
  return (address) => isIP(address) !== 0 && networks.check(address, familyOf(address));
}

/**
 * The client's address: from the connection's own one back through X-Forwarded-For, from the right, as far as proxies
 * of ours have written it. What stands left of that, the client may have made up.
 */
export function clientAddress(connected: string | undefined, forwarded: string | string[] | undefined, trusts: TrustsProxy | null): string {
  // Of a socket: no port is beside it.
  let address = asIpv4(connected ?? '');
  if (!trusts || forwarded === undefined) return address;
  const named = String(forwarded).split(',').reverse();
  for (const [hop, each] of named.entries()) {
    if (!trusts(address, hop)) break;
    const next = plain(each.trim());
    // A proxy writes an address: this is none of theirs.
    if (isIP(next) === 0) break;
    address = next;
  }
  return address;
}

/** Without the port that some proxies add, and IPv4 as IPv4. */
function plain(address: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(address)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address)?.[1] ?? address;
  return asIpv4(bare);
}

/** An address of IPv4 that is written as one of IPv6, in its own form; any other as it is. */
export function asIpv4(address: string): string {
  return address.length < 7 || address[0] !== ':' ? address : (/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
