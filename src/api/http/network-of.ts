import { isIPv6 } from 'node:net';
import { asIpv4 } from './client-address';

/**
 * The network that an address counts under. An IPv4 address counts by itself. An IPv6 address counts by its first 64
 * bits, below which one customer of a provider has all addresses.
 */
export function networkOf(address: string): string {
  const plain = asIpv4(address);
  const [bare = ''] = plain.split('%');
  if (!isIPv6(bare)) return plain;
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = bare.includes('::') ? Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0') : [];
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
