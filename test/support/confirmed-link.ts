import type { MemberRef } from '../../src/members/identification/member-ref';
import { resolveMember } from '../../src/members/identification/resolve-members';
import { confirmLink } from '../../src/members/links/confirm-link';
import type { Uuid } from '../../src/platform/ids';
import type { Till } from './shop-coalition';
import type { TestApp } from './test-app';

/** Makes a member who shows something at a till known there, and has the member's login confirm the link. */
export async function knowConfirmed({ app }: TestApp, till: Till, memberId: Uuid, shown: MemberRef): Promise<void> {
  await app.database.transaction({ kind: 'brand', brandId: till.brandId }, (tx) =>
    resolveMember(app, tx, till.brandId, shown, { presented: 'link', codesFor: null }),
  );
  await confirmLink(app, { kind: 'member', memberId, brandId: null }, till.brandId);
}
