/**
 * Miners without a device, in whatever order a test or a seed chooses: what is read back late on a
 * device is submitted late here.
 *
 * @module
 */

import type { DirectOrchestrator } from "../../../core/bench/direct_network/direct_orchestrator.ts";
import type { Work } from "../../../core/bench/direct_network/work.ts";

/** Lets what is ready settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** One layer's miner. */
class SimulatedMiner {
  /** Asked for work and not got any yet. */
  isAsking = false;
  work: Work | undefined;
  isStopped = false;
  /** What is still to be submitted, oldest first. */
  readonly late: (() => void)[] = [];
  /** Backwards since the last merge. */
  backwards = 0;
  merges = 0;

  constructor(readonly layer: number) {}
}

/** All layers of a network. */
export class SimulatedMiners {
  readonly miners: readonly SimulatedMiner[];
  /** Batches between first forward and last backward. */
  inFlight = 0;
  /** The most there were at once. */
  mostInFlight = 0;
  /** Batches started in all. */
  started = 0;
  /** Backwards that each merge came after. */
  readonly backwardsBeforeMerge: number[] = [];

  constructor(
    readonly orchestrator: DirectOrchestrator,
    readonly layers: number,
    readonly random: () => number,
  ) {
    this.miners = Array.from({ length: layers }, (_, layer) => new SimulatedMiner(layer));
  }

  /** Does one thing that can be done; false if there is none. */
  async turn(): Promise<boolean> {
    const actions = this.miners.flatMap((miner) => this.#actions(miner));
    if (actions.length === 0) return false;
    actions[Math.floor(this.random() * actions.length)]();
    await settle();
    return true;
  }

  /** Goes on until nothing can be done. */
  async runOut(): Promise<void> {
    while (await this.turn());
  }

  get areStopped(): boolean {
    return this.miners.every(({ isStopped }) => isStopped);
  }

  #actions(miner: SimulatedMiner): (() => void)[] {
    const { isAsking, work, isStopped, late } = miner;
    const actions: (() => void)[] = [];
    if (!isAsking && !work && !isStopped) actions.push(() => this.#ask(miner));
    if (work) actions.push(() => this.#do(miner, work));
    if (late.length > 0) actions.push(() => late.shift()?.());
    return actions;
  }

  #ask(miner: SimulatedMiner): void {
    miner.isAsking = true;
    this.orchestrator.nextWork(miner.layer).then((work) => {
      miner.isAsking = false;
      miner.work = work;
    });
  }

  #do(miner: SimulatedMiner, work: Work): void {
    const { orchestrator, layers } = this;
    const { layer, late } = miner;
    miner.work = undefined;
    const submit = (uid: string, direction: "initial" | "forward" | "backward"): void => {
      const path = direction === "backward" && layer === 0 ? null : `${uid}/${layer}/${direction}`;
      orchestrator.submit({ layer, uid, direction, path });
    };
    switch (work.kind) {
      case "stop":
        miner.isStopped = true;
        return;
      case "initial":
        this.started += 1;
        this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
        submit(work.uid, "initial");
        late.push(() => submit(work.uid, "forward"));
        return;
      case "forward":
        if (layer < layers - 1) late.push(() => submit(work.uid, "forward"));
        else {
          miner.backwards += 1;
          late.push(() => {
            orchestrator.reportLoss(work.uid, lossOf(work.uid));
            submit(work.uid, "backward");
          });
        }
        return;
      case "backward":
        miner.backwards += 1;
        if (layer > 0) late.push(() => submit(work.uid, "backward"));
        else {
          this.inFlight -= 1;
          submit(work.uid, "backward");
        }
        return;
      case "merge": {
        this.backwardsBeforeMerge.push(miner.backwards);
        miner.backwards = 0;
        miner.merges += 1;
        const outcome = { step: miner.merges, applied: true, norm: 1 };
        late.push(() => orchestrator.reportMerge(layer, outcome));
      }
    }
  }
}

/** A loss that tells which batch it is of: batches are numbered from 1. */
export function lossOf(uid: string): number {
  return Number(/\d+$/.exec(uid)?.[0]);
}
