/**
 * The search benchmark's results for machines: each event as one or more flat objects.
 *
 * @module
 */
import type { CheckedEvent, RatesEvent } from "../../../core/bench/hash/hash_rates.ts";
import type { HashBenchEvent } from "./hash.ts";
import { operations32 } from "../../../core/hash/wasm/operation_count.ts";

/** The objects of one event; times are milliseconds, rates are a second's. */
export function jsonLines(event: HashBenchEvent): object[] {
  switch (event.kind) {
    case "checked":
      return checkedLines(event);
    case "bound":
      return [event];
    case "rates":
      return rateLines(event);
    case "latency": {
      const { kind, mode, variant, warm, cold, openMs, compileMs } = event;
      return [{
        ...{ kind, mode: mode.number, variant, openMs, compileMs },
        ...{ warmSubmittedMs: warm.submittedMs, warmTriedMs: warm.triedMs },
        ...{ coldSubmittedMs: cold.submittedMs, coldTriedMs: cold.triedMs },
      }];
    }
    case "hashcat":
      return [event];
    case "race": {
      const { kind, mode, length, form, hashcatPerSecond, rows } = event;
      const common = { kind, mode: mode.number, length, form, hashcatPerSecond };
      return rows.map((row) => ({ ...common, ...row }));
    }
    case "end to end": {
      const { kind, mode, length, candidates, rows, hashcatMs } = event;
      const common = { kind, mode: mode.number, length, candidates: Number(candidates), hashcatMs };
      return rows.map((row) => ({ ...common, ...row }));
    }
  }
}

function checkedLines({ kind, gpu, cores, contenders, absent, answers }: CheckedEvent): object[] {
  const { adapterName: adapter, backend, isSoftware } = gpu ?? {};
  return [
    { kind, adapter, backend, isSoftware, cores, answers },
    ...contenders.map(({ variant, devices }) => ({ kind: "contender", variant, devices })),
    ...absent.map((each) => ({ kind: "absent", ...each })),
  ];
}

function rateLines(event: RatesEvent): object[] {
  const { kind, mode, length, count, perSecond, boundPerSecond } = event;
  return [...perSecond].map(([variant, candidatesPerSecond]) => ({
    ...{ kind, mode: mode.number, length, variant, candidatesPerSecond },
    ...{ ...count, operations32: operations32(count), boundPerSecond },
  }));
}
