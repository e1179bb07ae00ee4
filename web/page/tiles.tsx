/**
 * Numbers in a row, each with what it is.
 *
 * @module
 */

import type { JSX } from "preact";

/** What {@linkcode Tiles} is made with. */
export interface TilesProps {
  /** What they are about, for those who do not see it. */
  readonly label: string;
  readonly facts: readonly (readonly [label: string, value: string])[];
}

/** See the module. */
export function Tiles({ label, facts }: TilesProps): JSX.Element {
  return (
    <section class="tiles" aria-label={label}>
      {facts.map(([name, value]) => (
        <div class="tile" key={name}>
          <b>{value}</b>
          <span>{name}</span>
        </div>
      ))}
    </section>
  );
}
