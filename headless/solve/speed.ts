/**
 * Speeds as hashcat shows them.
 *
 * @module
 */

const UNITS = [" ", " k", " M", " G", " T", " P", " E"];
/** hashcat goes to the next unit above this, and then shows one decimal. */
const MOST = 99_999;

/** How fast what runs is. */
export interface Speed {
  /** Candidates a second. */
  readonly rate: number;
  /** Milliseconds of one slice of work; NaN if there was none yet. */
  readonly sliceMs: number;
  /** Kernel and device, such as `u64, llvmpipe`; undefined before they are known. */
  readonly device: string | undefined;
}

/** `93796.9 kH/s`, `  155.1 MH/s`: padded to twelve characters. */
export function formatSpeed(rate: number): string {
  let [scaled, at] = [rate > 0 ? rate : 0, 0];
  while (scaled > MOST && at < UNITS.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  return `${`${scaled.toFixed(at > 0 ? 1 : 0)}${UNITS[at]}`.padStart(9)}H/s`;
}

/** hashcat's line of a speed; what follows `@` is our own. */
export function speedLine({ rate, sliceMs, device }: Speed): string {
  const ms = Number.isFinite(sliceMs) ? sliceMs.toFixed(2) : "0.00";
  return `Speed.#1.........: ${formatSpeed(rate)} (${ms}ms)` +
    (device === undefined ? "" : ` @ ${device}`);
}
