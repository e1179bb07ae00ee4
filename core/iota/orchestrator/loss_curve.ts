/**
 * The losses of a whole run in a bounded number of points, however long it is.
 *
 * @module
 */

/** Some losses in a row. */
export interface LossBin {
  /** When the last of them came, in milliseconds since 1970. */
  readonly timeMs: number;
  /** Losses before and including these. */
  readonly upTo: number;
  /** In nats a token. */
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

interface Sum {
  count: number;
  total: number;
  least: number;
  most: number;
  timeMs: number;
}

/** Losses that the present loss is the mean of. */
const LATEST = 32;
/** Losses whose times tell the rate. */
const TIMED = 1024;
const RATE_WINDOW_MS = 300_000;
/** A rate is not told from less. */
const LEAST_SPAN_MS = 1000;

/** Adds losses up; when there are too many points, each two become one. */
export class LossCurve {
  readonly #maxBins: number;
  #bins: Sum[] = [];
  #binSize = 1;
  #count = 0;
  readonly #latest: number[] = [];
  readonly #times: number[] = [];

  constructor(maxBins = 400) {
    this.#maxBins = maxBins;
  }

  /** Losses so far. */
  get count(): number {
    return this.#count;
  }

  /** Mean of the last losses, in nats a token; null before the first. */
  get latest(): number | null {
    if (this.#latest.length === 0) return null;
    return this.#latest.reduce((sum, loss) => sum + loss, 0) / this.#latest.length;
  }

  /** Takes the next loss. */
  add(timeMs: number, loss: number): void {
    this.#count += 1;
    keepLast(this.#latest, loss, LATEST);
    keepLast(this.#times, timeMs, TIMED);
    const bin = this.#bins.at(-1);
    if (bin && bin.count < this.#binSize) addTo(bin, single(loss, timeMs));
    else this.#bins.push(single(loss, timeMs));
    if (this.#bins.length > this.#maxBins) this.#halve();
  }

  /** The points, oldest first. */
  points(): LossBin[] {
    let upTo = 0;
    return this.#bins.map(({ count, total, least, most, timeMs }) => {
      upTo += count;
      return { timeMs, upTo, mean: total / count, least, most };
    });
  }

  /** Losses a minute, over the last five minutes or the time since the first. */
  perMinute(nowMs: number): number {
    const recent = this.#times.filter((timeMs) => timeMs > nowMs - RATE_WINDOW_MS);
    if (recent.length < 2) return 0;
    const isWhole = recent.length < this.#times.length;
    const spanMs = isWhole ? RATE_WINDOW_MS : Math.max(LEAST_SPAN_MS, nowMs - recent[0]);
    return recent.length / spanMs * 60_000;
  }

  #halve(): void {
    const bins: Sum[] = [];
    this.#bins.forEach((bin, i) => {
      if (i % 2 === 0) bins.push(bin);
      else addTo(bins[bins.length - 1], bin);
    });
    this.#bins = bins;
    this.#binSize *= 2;
  }
}

function single(loss: number, timeMs: number): Sum {
  return { count: 1, total: loss, least: loss, most: loss, timeMs };
}

function addTo(bin: Sum, { count, total, least, most, timeMs }: Sum): void {
  bin.count += count;
  bin.total += total;
  bin.least = Math.min(bin.least, least);
  bin.most = Math.max(bin.most, most);
  bin.timeMs = timeMs;
}

function keepLast(values: number[], value: number, most: number): void {
  values.push(value);
  if (values.length > most) values.shift();
}
