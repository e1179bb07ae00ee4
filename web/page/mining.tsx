/**
 * Everything for which one needs keys: joining a subnet, and mining there.
 *
 * @module
 */

import type { JSX } from "preact";
import { ComputeView } from "./compute_view.tsx";
import { JoinView } from "./join_view.tsx";
import { MineView } from "./mine_view.tsx";
import { NetworkView } from "./network_view.tsx";
import { kind, phase } from "./node.ts";
import { StorageView } from "./storage_view.tsx";
import { SwarmView } from "./swarm_view.tsx";

/** See the module. */
export function Mining(): JSX.Element {
  return (
    <>
      <JoinView />
      <NetworkView />
      <MineView />
      {phase.value !== "idle" && kind.value === "swarm" && <SwarmView />}
      {phase.value !== "idle" && kind.value === "compute" && <ComputeView />}
      <StorageView />
    </>
  );
}
