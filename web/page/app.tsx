/**
 * The whole page: what it is, what it found, and what it does.
 *
 * @module
 */

import type { ComponentType, JSX } from "preact";
import { Adapter } from "./adapter.tsx";
import { Later } from "./later.tsx";
import { LiveView } from "./live_view.tsx";
import { kind, phase } from "./node.ts";
import { TryHere } from "./try_here.tsx";

/** See the module. */
export function App(): JSX.Element {
  return (
    <>
      <header>
        <h1>
          <img src="/icon.svg" alt="" width="30" height="30" /> Weft
        </h1>
        <nav aria-label="Parts of this page">
          <a href="#try">Try it here</a>
          <a href="#join">Join</a>
          <a href="#mine">Mine</a>
          <a href="/bench.html">Benchmark</a>
        </nav>
      </header>
      <main>
        <section class="lead" aria-labelledby="lead-title">
          <h2 id="lead-title">Your GPU trains a language model with others, in this tab.</h2>
          <p>
            Weft is a compute node for Bittensor: it trains layers of a transformer and answers hash
            challenges in WebGPU. Nothing to install, and your keys stay here.
          </p>
          <Adapter />
        </section>
        <TryHere />
        {phase.value !== "idle" && kind.value === "local" && <LiveView />}
        <Later load={loadMining} />
      </main>
    </>
  );
}

async function loadMining(): Promise<ComponentType> {
  return (await import("./mining.tsx")).Mining;
}
