/**
 * Which browser measured: its engine decides much of the figures.
 *
 * @module
 */

/** In the order in which they are looked for: Edge calls itself Chrome too, and all Safari. */
const NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg\/(\d+)/, "Edge"],
  [/\bFirefox\/(\d+)/, "Firefox"],
  [/\bHeadlessChrome\/(\d+)/, "Headless Chrome"],
  [/\bChrome\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+).*\bSafari\//, "Safari"],
];

/** Name and version of a browser by its user agent. */
export function browserName(userAgent: string): string {
  for (const [pattern, name] of NAMES) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return "another browser";
}
