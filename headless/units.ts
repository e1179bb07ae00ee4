/**
 * Numbers as a person reads them.
 *
 * @module
 */

/** `1.2 kB`, `34 MB`: decimal units, two significant digits or more. */
export function formatBytes(bytes: number): string {
  return withUnit(bytes, ["B", "kB", "MB", "GB", "TB"]);
}

/** `950`, `1.2 k`, `34 M`. */
export function formatCount(count: number): string {
  return withUnit(count, ["", "k", "M", "G", "T"]).trim();
}

function withUnit(value: number, units: readonly string[]): string {
  let [scaled, at] = [value, 0];
  // 999.5 would be shown as 1000.
  while (scaled >= 999.5 && at < units.length - 1) {
    scaled /= 1000;
    at += 1;
  }
  return `${at > 0 && scaled < 9.95 ? scaled.toFixed(1) : scaled.toFixed(0)} ${units[at]}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`; `-` for what is not known. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-";
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(whole / unit));
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return `${minutes} min ${whole % 60} s`;
  return `${whole} s`;
}
