/**
 * A part of the page whose program is loaded once the rest is shown.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { reasonOf } from "./node.ts";

/** What {@linkcode Later} is made with. */
export interface LaterProps {
  /** Loads the part. */
  readonly load: () => Promise<ComponentType>;
}

/** See the module. */
export function Later({ load }: LaterProps): JSX.Element {
  const part = useSignal<{ readonly Part: ComponentType } | undefined>(undefined);
  const fault = useSignal("");
  useEffect(() => {
    load().then(
      (Part) => part.value = { Part },
      (error: unknown) => fault.value = reasonOf(error),
    );
  }, []);
  if (fault.value !== "") {
    return (
      <section>
        <p class="notice bad" role="alert">A part of this page did not load: {fault.value}</p>
      </section>
    );
  }
  if (!part.value) {
    return (
      <section aria-busy="true">
        <p class="soft">Loading …</p>
      </section>
    );
  }
  const { Part } = part.value;
  return <Part />;
}
