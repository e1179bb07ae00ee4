/**
 * The GPU that the browser gave, and how fast it is.
 *
 * @module
 */

import type { JSX } from "preact";
import { bytes, flops } from "./format.ts";
import { adapter } from "./node.ts";

/** See the module. */
export function Adapter(): JSX.Element {
  const state = adapter.value;
  switch (state.kind) {
    case "measuring":
      return <p class="adapter" role="status">Looking for your GPU and measuring it …</p>;
    case "missing":
      return (
        <div class="adapter bad" role="status">
          <p>
            <b>No WebGPU here:</b> {state.reason}.
          </p>
          <p>
            Chrome and Edge 113, Safari 26 and Firefox 141 have it, and later ones. The metagraph
            and the benchmark of the processor work without it.
          </p>
        </div>
      );
    case "ready": {
      const { adapter: name, gigaflops, isSoftware, maxBindingBytes, hasF16 } = state.report;
      return (
        <>
          <dl class="adapter facts">
            <div>
              <dt>GPU</dt>
              <dd>{name}</dd>
            </div>
            <div>
              <dt>matrix products, f32</dt>
              <dd>{flops(gigaflops)}</dd>
            </div>
            <div>
              <dt>largest binding</dt>
              <dd>{bytes(maxBindingBytes)}</dd>
            </div>
            <div>
              <dt>f16 arithmetic</dt>
              <dd>{hasF16 ? "yes" : "no"}</dd>
            </div>
          </dl>
          {isSoftware && (
            <p class="soft">
              This is a software adapter: the browser computes on the processor. A graphics card is
              hundreds of times faster.
            </p>
          )}
        </>
      );
    }
  }
}
