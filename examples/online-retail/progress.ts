const WIDTH = 30;

/** A line that shows how far the replay is: redrawn in place on a terminal, printed every ten seconds elsewhere. */
export class Progress {
  private done = 0;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private trouble = '';
  private troubleAt = 0;

  constructor(
    private readonly total: number,
    private readonly what: string,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {
    this.timer = setInterval(() => this.draw(), out.isTTY ? 250 : 10_000);
  }

  add(count: number): void {
    this.done += count;
  }

  /** Shown for a few seconds: why it is not getting on. */
  warn(trouble: string): void {
    this.trouble = trouble;
    this.troubleAt = performance.now();
  }

  /** Draws the last state and ends the line. */
  stop(): void {
    clearInterval(this.timer);
    this.draw();
    if (this.out.isTTY) this.out.write('\n');
  }

  private draw(): void {
    const seconds = (performance.now() - this.startedAt) / 1_000;
    const rate = this.done / seconds;
    const share = this.total === 0 ? 1 : this.done / this.total;
    const left = this.done === 0 ? '?' : `${Math.ceil((this.total - this.done) / rate)} s`;
    const bar = '#'.repeat(Math.round(WIDTH * share)).padEnd(WIDTH, '.');
    const trouble = performance.now() - this.troubleAt < 5_000 && this.trouble ? `, trying again: ${this.trouble}` : '';
    const line = `[${bar}] ${Math.floor(share * 100)}% ${this.done} of ${this.total} ${this.what}, ${Math.round(rate)}/s, ${left} left${trouble}`;
    this.out.write(this.out.isTTY ? `\r\x1b[2K${line}` : `${line}\n`);
  }
}
