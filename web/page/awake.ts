/**
 * Keeps the machine awake while a run goes on, and lets it rest on battery if that is wished.
 *
 * @module
 */

import { effect, signal } from "@preact/signals";
import { addLog, isRunning, stopRun } from "./node.ts";

/** Whether a run ends when the machine goes on battery. */
export const stopsOnBattery = signal(false);

/** What browsers with the Battery Status API have. */
interface Battery {
  readonly charging: boolean;
  addEventListener(type: "chargingchange", listener: () => void): void;
}

/** Begins to look after both, for as long as the page is there. */
export function lookAfterPower(): void {
  let lock: WakeLockSentinel | undefined;
  const hold = async (): Promise<void> => {
    if (!isRunning.value || document.visibilityState !== "visible") return;
    // A browser may say no, as on battery: the run goes on all the same.
    lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
  };
  effect(() => {
    if (isRunning.value) void hold();
    else void lock?.release();
  });
  // A hidden page loses its lock.
  document.addEventListener("visibilitychange", () => void hold());
  void watchBattery();
}

async function watchBattery(): Promise<void> {
  const battery = await batteryOf(navigator);
  if (!battery) return;
  const look = (): void => {
    if (battery.charging || !stopsOnBattery.value || !isRunning.value) return;
    addLog({ kind: "log", level: "warn", message: "on battery now: the run is saved and ended" });
    void stopRun();
  };
  battery.addEventListener("chargingchange", look);
  effect(() => {
    if (stopsOnBattery.value && isRunning.value) look();
  });
}

/** Not all browsers tell. */
async function batteryOf(from: object): Promise<Battery | undefined> {
  if (!("getBattery" in from) || typeof from.getBattery !== "function") return undefined;
  return await from.getBattery();
}
