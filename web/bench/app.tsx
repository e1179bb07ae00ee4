/**
 * The benchmark page: what it measures, the run, and what was found.
 *
 * @module
 */

import type { JSX } from "preact";
import { isRunning, own, sent, sentResult, shown } from "./bench.ts";
import { Charts } from "./charts.tsx";
import { chartsOf } from "./comparison.ts";
import { Results } from "./results.tsx";
import { RunForm } from "./run_form.tsx";
import { ShareResult } from "./share_result.tsx";

/** See the module. */
export function App(): JSX.Element {
  const result = shown.value;
  return (
    <>
      <header>
        <h1>
          <img src="/icon.svg" alt="" width="30" height="30" /> Weft
        </h1>
        <nav aria-label="Pages">
          <a href="/">The node</a>
          <a href="/bench.html" aria-current="page">Benchmark</a>
        </nav>
      </header>
      <main>
        <section class="lead" aria-labelledby="lead-title">
          <h2 id="lead-title">What your GPU does in this browser.</h2>
          <p>
            The same code as{" "}
            <code>deno task bench</code>. Every answer is checked before anything is timed, and
            rates are medians of rounds. Nothing leaves this tab.
          </p>
        </section>
        <RunForm />
        {sent.value.kind === "unreadable" && (
          <p class="notice bad" role="alert">
            This link carries no result that can be read: it was cut off, or is of another version.
          </p>
        )}
        {result && result === sentResult.value && <SentNotice />}
        {result === undefined ? !isRunning.value && <Empty /> : (
          <>
            <Charts charts={chartsOf(own.value, sentResult.value)} />
            <Results result={result} />
            {result === own.value && !isRunning.value && <ShareResult result={result} />}
          </>
        )}
      </main>
    </>
  );
}

function SentNotice(): JSX.Element | null {
  const result = sentResult.value;
  if (!result) return null;
  const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" }).format(result.startedMs);
  return (
    <section aria-labelledby="sent-title">
      <h2 id="sent-title">A result that somebody sent you</h2>
      <p>
        Measured on {date} with {result.browser} on{" "}
        {result.adapter?.name ?? "a processor without GPU"}. Nobody has checked the figures: they
        are what the link says. Start your own run to see both side by side.
      </p>
    </section>
  );
}

function Empty(): JSX.Element {
  return (
    <section aria-labelledby="empty-title">
      <h2 id="empty-title">Nothing measured yet</h2>
      <p class="soft">
        Choose what to measure and press Start: tables, and bars beside known cards, appear here one
        after the other. All of it takes some minutes.
      </p>
    </section>
  );
}
