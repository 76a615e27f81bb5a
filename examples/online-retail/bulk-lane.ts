interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly urgency: number;
  readonly done: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

/** Items that wait to be sent together: whoever has most still to do goes first, so that no one is left at the end. */
export class BulkLane<Item, Answer> {
  private readonly waiting: Waiting<Item, Answer>[] = [];
  private inFlight = 0;
  private scheduled = false;

  /**
   * @param send gives an answer for each item, in order
   * @param weigh what an item adds to a request, whose weight is kept within maxWeight
   */
  constructor(
    private readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>,
    private readonly limits: { readonly maxItems: number; readonly maxWeight: number; readonly maxInFlight: number },
    private readonly weigh: (item: Item) => number = () => 1,
  ) {}

  /** The item's answer. A larger urgency is sent sooner. */
  submit(item: Item, urgency: number): Promise<Answer> {
    return new Promise((done, failed) => {
      this.waiting.push({ item, urgency, done, failed });
      this.schedule();
    });
  }

  // Once the event loop has handled what came in together: what is ready at the same moment goes together.
  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.limits.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    this.waiting.sort((a, b) => a.urgency - b.urgency);
    while (this.waiting.length > 0 && this.inFlight < this.limits.maxInFlight) {
      const batch: Waiting<Item, Answer>[] = [];
      let weight = 0;
      while (batch.length < this.limits.maxItems) {
        const next = this.waiting.at(-1);
        if (!next) break;
        weight += this.weigh(next.item);
        if (batch.length > 0 && weight > this.limits.maxWeight) break;
        batch.push(next);
        this.waiting.pop();
      }
      this.inFlight++;
      this.send(batch.map(({ item }) => item))
        .then(
          (answers) => batch.forEach(({ done }, at) => done(answers[at] as Answer)),
          (error) => batch.forEach(({ failed }) => failed(error)),
        )
        .finally(() => {
          this.inFlight--;
          if (this.waiting.length > 0) this.schedule();
        });
    }
  }
}
