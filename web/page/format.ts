/**
 * Numbers as people read them, with units.
 *
 * @module
 */

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `12,345` */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** Three digits, such as `1.23`, `12.3` or `123`. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  if (value >= 100) return NUMBER.format(value);
  return value.toPrecision(3);
}

/** `4.2 MiB` */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? NUMBER.format(size) : threeDigits(size)} ${units[unit]}`;
}

/** `1 h 20 min`, `3 min 5 s` or `12 s` */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** `1.23%` of a share from 0 to 1. */
export function percent(share: number): string {
  return `${threeDigits(100 * share)}%`;
}

/** `1.2 GFLOP/s` of a rate in 1e9. */
export function flops(giga: number): string {
  return giga >= 1000 ? `${threeDigits(giga / 1000)} TFLOP/s` : `${threeDigits(giga)} GFLOP/s`;
}
