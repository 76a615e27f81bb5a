/** Nobody accepts as many things, or at such length. */
const MOST = 100;
const LONGEST = 200;

/** Which media type Apollo Server answered with, by the Accept header that it chose it for. */
export class MediaTypes {
  private readonly byAccept = new Map<string, string>();

  /** undefined: it was not asked yet. */
  answering(accept: string | undefined): string | undefined {
    return this.byAccept.get(accept ?? '');
  }

  remember(accept = '', mediaType: string | undefined): void {
    if (mediaType === undefined || accept.length > LONGEST || this.byAccept.has(accept)) return;
    // The oldest goes first: a Map keeps the order of insertion.
    if (this.byAccept.size >= MOST) this.byAccept.delete(this.byAccept.keys().next().value as string);
    this.byAccept.set(accept, mediaType);
  }
}
