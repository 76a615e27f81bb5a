import type { Uuid } from '../../src/platform/ids';

/**
 * The uuid written in an id as the API shows it: for a member, wallet or booking, still the one that only the asking
 * brand sees.
 */
export function uuidIn(id: string): Uuid {
  return id.slice(-32).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5') as Uuid;
}
