/**
 * Addresses of routes: `{names}` in a path stand for fields of the query.
 *
 * @module
 */

/** The path and query with which a route is asked. */
export function routeTarget(path: string, query: Readonly<Record<string, unknown>>): string {
  const rest = new URLSearchParams();
  let filled = path;
  for (const [name, value] of Object.entries(query)) {
    const place = `{${name}}`;
    if (path.includes(place)) filled = filled.replace(place, encodeURIComponent(String(value)));
    else if (value !== undefined && value !== null) rest.append(name, String(value));
  }
  const text = rest.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

/** The values of a path's `{names}`, or undefined if an asked path is not of this form. */
export type PathReader = (asked: string) => Record<string, string> | undefined;

/** Reads paths of one form. */
export function pathReader(path: string): PathReader {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const literals = path.split(/\{\w+\}/).map((part) => part.replaceAll(/[^\w/]/g, "\\$&"));
  const form = new RegExp(`^${literals.join("([^/]+)")}$`);
  return (asked) => {
    const found = form.exec(asked);
    if (found === null) return undefined;
    try {
      return Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1])]));
    } catch {
      // A percent sign that escapes nothing.
      return undefined;
    }
  };
}
