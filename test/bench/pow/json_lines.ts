/**
 * The results of the benchmark of registration by work for machines: flat objects.
 *
 * @module
 */
import type { PowBenchEvent } from "./pow.ts";
import { sealOperations32 } from "./seal_operations.ts";

/** The objects of one event; rates are a second's. */
export function jsonLines(event: PowBenchEvent): object[] {
  switch (event.kind) {
    case "checked": {
      const { kind, gpu: { adapterName: adapter, backend, isSoftware }, ...rest } = event;
      return [{ kind, adapter, backend, isSoftware, ...rest }];
    }
    case "operations": {
      const { kind, sha256, keccak } = event;
      const all = { kind, hash: "both", operations32: sealOperations32(event) };
      return [{ kind, hash: "sha256", ...sha256 }, { kind, hash: "keccak", ...keccak }, all];
    }
    case "race": {
      const { kind, rows, boundPerSecond, boundBits } = event;
      return [
        { kind: "bound", operationsPerSecond: boundPerSecond, bits: boundBits },
        ...rows.map(({ name, perSecond: sealsPerSecond, ratio, share }) => {
          const row = { kind, name, sealsPerSecond, ratio };
          return name === "noble" ? row : { ...row, share };
        }),
      ];
    }
  }
}
