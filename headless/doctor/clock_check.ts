/**
 * Whether this machine's clock is right. Signatures carry the time: Epistula's are stale after 10 s
 * (protocol 2, section 5), a dendrite's 4 s after the request's own time limit (protocol 1, section
 * 6), and an axon whose clock is ahead refuses requests for that reason.
 *
 * @module
 */

import { formatDuration } from "../units.ts";
import { type Check, fail, type Finding, NotKnownError, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { within } from "./time_limit.ts";

/** Half of what makes Epistula stale; the request needs its time too. */
const WARN_FROM_MS = 5_000;
const FAIL_FROM_MS = 60_000;
/** A block is made every 12 s and may be one behind when we ask. */
const USUAL_BLOCK_AGE_MS = 24_000;
/** `Date` names whole seconds, cut off. */
const DATE_MIDDLE_MS = 500;
const ADVICE = "Turn network time on (on Linux: sudo timedatectl set-ntp true). Requests to the " +
  "orchestrator are stale after 10 s, those between validator and miner after a few seconds too.";

/** Compares with the `Date` of the endpoint's host, or else with the newest block. */
export const clockCheck: Check = {
  name: "clock",
  async run(context): Promise<Finding[]> {
    const { chainUrl } = context.settings;
    const leadMs = chainUrl && await hostLeadMs(chainUrl, context);
    const host = leadMs === undefined ? undefined : byHost(leadMs, chainUrl?.hostname ?? "");
    if (host?.level === "ok") return [host];
    const ageMs = await newestAgeMs(context);
    const block = ageMs === undefined ? undefined : byBlock(ageMs);
    // A host far off a block that we agree with handed out an old answer.
    const isHostOff = block?.level === "ok" && Math.abs(leadMs ?? 0) >= FAIL_FROM_MS;
    const finding = isHostOff ? block : host ?? block;
    if (finding) return [finding];
    throw new NotKnownError("neither the endpoint's host nor the chain tells the time");
  },
};

/** Milliseconds by which our clock is ahead of the host's; undefined if the host tells no time. */
async function hostLeadMs(
  chainUrl: URL,
  { settings, system }: CheckContext,
): Promise<number | undefined> {
  const url = new URL("/", chainUrl);
  url.protocol = url.protocol === "wss:" ? "https:" : "http:";
  [url.username, url.password] = ["", ""];
  const stop = new AbortController();
  try {
    const startMs = system.wallClock.unixMs();
    const fetching = system.fetch(url.href, { redirect: "manual", signal: stop.signal });
    // Half of the check's time, so that a block can still answer for a host that hangs.
    const response = await within(system.clock, settings.limitMs / 2, fetching);
    const middleMs = (startMs + system.wallClock.unixMs()) / 2;
    const date = Date.parse(response.headers.get("date") ?? "");
    return Number.isNaN(date) ? undefined : middleMs - (date + DATE_MIDDLE_MS);
  } catch {
    // Many endpoints speak WebSocket only.
    return undefined;
  } finally {
    stop.abort();
  }
}

/** How old the newest block is by our clock; undefined if the chain does not tell. */
async function newestAgeMs(context: CheckContext): Promise<number | undefined> {
  try {
    const { unixMs } = await (await context.chain()).head();
    return context.system.wallClock.unixMs() - unixMs;
  } catch {
    // Other checks report on the chain.
    return undefined;
  }
}

function byHost(leadMs: number, host: string): Finding {
  const offMs = Math.abs(leadMs);
  if (offMs < WARN_FROM_MS) {
    return ok("clock", `agrees with ${host} to ${secondsText(Math.max(offMs, 1000))}`);
  }
  const side = leadMs > 0 ? "ahead of" : "behind";
  return wrong(offMs, `${secondsText(offMs)} ${side} ${host}`);
}

function byBlock(ageMs: number): Finding {
  if (ageMs < 0 && -ageMs >= WARN_FROM_MS) {
    return wrong(-ageMs, `at least ${secondsText(-ageMs)} behind the chain's newest block`);
  }
  const overMs = ageMs - USUAL_BLOCK_AGE_MS;
  if (overMs >= WARN_FROM_MS) {
    return wrong(
      overMs,
      `the newest block is ${secondsText(ageMs)} old by it: the clock is ahead, or the ` +
        "endpoint behind the chain",
    );
  }
  return ok("clock", `agrees with the chain's newest block, ${secondsText(ageMs)} old by it`);
}

function wrong(offMs: number, message: string): Finding {
  return (offMs < FAIL_FROM_MS ? warning : fail)("clock", message, ADVICE);
}

function secondsText(milliseconds: number): string {
  return formatDuration(Math.max(0, milliseconds) / 1000);
}
