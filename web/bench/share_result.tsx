/**
 * A result as a file, and as a link.
 *
 * @module
 */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Result } from "./result.ts";
import { resultFragment } from "./result_link.ts";

/** See the module. */
export function ShareResult({ result }: { result: Result }): JSX.Element {
  const outcome = useSignal("");
  const fragment = resultFragment(result);
  const link = `${location.origin}${location.pathname}${fragment}`;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      outcome.value = "Copied.";
    } catch {
      outcome.value = "The browser does not allow it: copy the link from the field.";
    }
  };
  return (
    <section aria-labelledby="share-title">
      <h2 id="share-title">Keep it, or send it</h2>
      <p class="soft">
        The link holds the figures, the GPU's and the browser's name, the number of cores and the
        time, after its #: no server sees them.
      </p>
      <div class="buttons">
        <label class="link">
          Link{" "}
          <input readOnly value={link} onFocus={({ currentTarget }) => currentTarget.select()} />
        </label>
        <button type="button" onClick={copy}>Copy link</button>
        <button type="button" onClick={() => download(result)}>Download JSON</button>
      </div>
      <p role="status">{outcome.value}</p>
    </section>
  );
}

function download(result: Result): void {
  const json = `${JSON.stringify(result, null, 2)}\n`;
  const url = URL.createObjectURL(new Blob([json], { type: "application/json" }));
  const day = new Date(result.startedMs).toISOString().slice(0, 10);
  const anchor = Object.assign(document.createElement("a"), {
    ...{ href: url, download: `weft-bench-${day}.json` },
  });
  anchor.click();
  // The browser has begun to read it by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
}
