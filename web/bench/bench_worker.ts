/**
 * The thread that measures, with the code of `deno task bench`.
 *
 * @module
 */

import { expose } from "comlink";
import type { EngineHost } from "../../core/hash/engines.ts";
import { browserClock, browserLog, browserWebGpu } from "../worker/browser_host.ts";
import { browserThreads } from "../worker/browser_threads.ts";
import type { BenchApi, BenchSettings, Tell } from "./bench_api.ts";
import { hashFindings } from "./hash_findings.ts";

/** Nothing is kept: whatever is measured is measured now. */
const NO_STORAGE: EngineHost["storage"] = {
  openBlob: () => Promise.resolve(undefined),
  writeBlob: () => Promise.resolve(),
  readRecords: () => Promise.resolve([]),
  appendRecord: () => Promise.resolve(),
  replaceRecords: () => Promise.resolve(),
};

class BenchWorker implements BenchApi {
  async run({ parts, rounds }: BenchSettings, tell: Tell): Promise<void> {
    const onStatus = (text: string): void => void tell({ kind: "status", text });
    const trainParts = new Set(parts.filter((part) => part !== "hash"));
    if (parts.includes("hash")) {
      const host: EngineHost = {
        ...{ clock: browserClock, storage: NO_STORAGE, webgpu: browserWebGpu },
        log: browserLog((_, message) => onStatus(message)),
        threads: browserThreads(),
      };
      const cores = navigator.hardwareConcurrency;
      for await (const event of hashFindings(host, { rounds, cores, onStatus })) await tell(event);
    }
    if (trainParts.size > 0) {
      // With it comes the text that is trained on.
      const { trainFindings } = await import("./train_findings.ts");
      const options = { parts: trainParts, rounds, nowMs: () => browserClock.nowMs(), onStatus };
      for await (const event of trainFindings(await browserWebGpu(), options)) await tell(event);
    }
  }
}

expose(new BenchWorker());
