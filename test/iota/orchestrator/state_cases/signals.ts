/**
 * What signals must do.
 *
 * @module
 */

import { assert } from "chai";
import type { SwarmState } from "../../../../core/iota/orchestrator/state.ts";
import { openTwo, type RegisterCase } from "./place.ts";

/** All of it. */
export function signalCases(register: RegisterCase): void {
  const never = new AbortController().signal;

  register("a signal wakes who waits, in the same process and in another", async (place) => {
    const [{ signals }, other] = await openTwo(place);
    const woken = [
      signals.next(["forward.0"], never),
      other.signals.next(["phase.1", "forward.0"], never),
      other.signals.next(["forward.0"], never),
    ];
    signals.raise("forward.0");
    await Promise.all(woken);
  });

  register("a signal does not wake who waits for something else", async (place) => {
    const [{ signals }, other] = await openTwo(place);
    const stop = new AbortController();
    const woken: string[] = [];
    const wait = (name: string, state: SwarmState, topic: string): Promise<void> =>
      state.signals.next([topic], stop.signal).then(() => void woken.push(name));
    const waits = [
      wait("here", { ...other, signals }, "forward.1"),
      wait("there", other, "forward"),
    ];
    const told = other.signals.next(["forward.12"], never);
    signals.raise("forward.12");
    await told;
    assert.deepEqual(woken, []);
    stop.abort();
    await Promise.all(waits);
  });

  register("a signal that was raised before is not told", async (place) => {
    const [{ signals }, other] = await openTwo(place);
    const told = other.signals.next(["forward.0"], never);
    signals.raise("forward.0");
    await told;
    const stop = new AbortController();
    let isWoken = false;
    const wait = other.signals.next(["forward.0"], stop.signal).then(() => void (isWoken = true));
    const later = other.signals.next(["phase.0"], never);
    signals.raise("phase.0");
    await later;
    assert.isFalse(isWoken);
    stop.abort();
    await wait;
  });

  register("who waits is let go when aborted, before and after", async (place) => {
    const { signals } = await place.open();
    const stop = new AbortController();
    const wait = signals.next(["forward.0"], stop.signal);
    stop.abort();
    await wait;
    await signals.next(["forward.0"], stop.signal);
  });

  register("whoever is woken sees what was written before the signal", async (place) => {
    const [{ records, signals }, other] = await openTwo(place);
    for (let round = 1; round <= 10; round++) {
      const told = other.signals.next(["phase.0"], never);
      await records.put(`layer.${round}`, round, 0);
      signals.raise("phase.0");
      await told;
      assert.equal((await other.records.get(`layer.${round}`))?.value, round);
      assert.equal((await other.records.list("layer")).size, round);
    }
  });
}
