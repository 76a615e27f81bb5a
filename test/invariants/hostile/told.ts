import { type Forbidden, forbiddenIn, forbiddenTo } from '../isolation/forbidden';
import { Id, idAs } from '../isolation/names';
import type { Actor } from '../isolation/side';
import type { TwoBrands } from '../isolation/two-brands';
import type { Victim } from './victim';
import type { Call } from './walk';

/** Where a card that was shown is answered with the balance, once it is booked: the member sees it. */
const TELL_AFTER_A_CARD = /^Mutation\.(redeem|redeemMany|hold|recordPurchase|recordPurchases)$/;
/** Points that the attacker may have given meanwhile, or burned on a card. */
const ABOUT = 500_000;

/** Judges each answer by what must not be in it. */
export class Told {
  private constructor(
    private readonly world: TwoBrands,
    private readonly victim: Victim,
    private readonly atBrand: Forbidden,
    private readonly atCoalition: Forbidden,
  ) {}

  /** `person`: somebody with a login. */
  static async open(world: TwoBrands, victim: Victim, person: Actor): Promise<Told> {
    return new Told(world, victim, await without(world, victim, world.a.client), await without(world, victim, person));
  }

  /** What the answer tells that the attacker may not know; null: nothing. */
  wrongIn({ each: { root }, actor, variables, reply, refusal }: Call): string | null {
    const { body } = reply;
    const what = () => {
      if (this.victim.secrets.test(body)) return 'personal data';
      if (this.tellsBalance(body) && !this.mayTell(root.name, variables)) return 'a balance';
      if (refusal === 'InsufficientPoints' && this.pays(actor, variables)) return 'that there are fewer points';
      const [found] = forbiddenIn(body, actor.principal.brandId === null ? this.atCoalition : this.atBrand);
      return found ?? (reply.status >= 500 || refusal === 'INTERNAL_SERVER_ERROR' ? 'an unexpected error' : null);
    };
    const wrong = what();
    return wrong && `${root.name} of ${actor.name} tells ${wrong}: ${JSON.stringify(variables)} ${body.slice(0, 600)}`;
  }

  private tellsBalance(body: string): boolean {
    const numbers = body.matchAll(/(?<![\w.-])(\d{7})(?![\w.])/g);
    return [...numbers].some(([number]) => Math.abs(Number(number) - this.victim.points) < ABOUT);
  }

  private mayTell(name: string, variables: Record<string, unknown>): boolean {
    const card = this.victim.known.find(({ kind }) => kind === 'CARD');
    if (!card) return false;
    // The hold was made on the card: its capture is the burn.
    if (name === 'Mutation.captureHold') return true;
    const entries = [variables.input].flat() as { readonly dryRun?: boolean }[];
    return TELL_AFTER_A_CARD.test(name) && entries.some((entry) => entry.dryRun !== true && JSON.stringify(entry).includes(JSON.stringify(card.value)));
  }

  /** Whether the victim's points were asked for. */
  private pays(actor: Actor, variables: Record<string, unknown>): boolean {
    const id = idAs(this.world.points.test.app, actor.principal, new Id('member', this.victim.memberId));
    return ([variables.input].flat() as { readonly member?: object; readonly from?: unknown }[]).some((input) => {
      const payer = JSON.stringify(input.member ?? input.from ?? null);
      return payer.includes(id) || this.victim.known.some(({ value }) => payer.includes(JSON.stringify(value)));
    });
  }
}

/** What is forbidden to somebody, but for the victim's own id: whoever meets a member has one. */
async function without(world: TwoBrands, { memberId, walletId, points }: Victim, actor: Actor): Promise<Forbidden> {
  const { keys } = world.points.test.app;
  const audience = actor.principal.brandId ?? 'coalition';
  const { ids, texts } = await forbiddenTo(world, actor);
  const met = new Set([keys.toPairwise('member', audience, memberId), keys.toPairwise('wallet', audience, walletId)].map((id) => id.replaceAll('-', '')));
  return {
    ids: new Map([...ids].filter(([id]) => !met.has(id))),
    // What the victim has, tellsBalance judges: after a burn on the card it may be what it was.
    texts: texts.filter((text) => text !== String(points)),
  };
}
