/**
 * Validators that ping: each with a key of its own, at a steady rate, whatever becomes of the answers.
 * Latency counts from when a ping was due, and of those after the first second. They sign ahead, for
 * each has a machine of its own.
 *
 * @module
 */

import { concatBytes } from "@noble/hashes/utils.js";
import { toHeaders } from "../../../core/compute/synapse/headers.ts";
import { requestText, signText } from "../../../core/compute/synapse/signed_text.ts";
import { bodyHash, createSynapse, dumpSynapse } from "../../../core/compute/synapse/synapse.ts";
import { PING } from "../../../core/compute/synapse/synapses.ts";
import { UNKNOWN_TERMINAL } from "../../../core/compute/synapse/terminal_info.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { Latencies } from "../orchestrator/latencies.ts";
import { RawConnection } from "./raw_connection.ts";

const REQUEST_STYLE = { sorted: false, ascii: true, compact: false };
const SDK_VERSION = 10_002_000;
/** No key takes longer to sign once, here. */
const SIGNING_MS = 0.5;
const LEAD_MS = 1000;
/** What has been idle while requests were signed is not measured before it is at work again. */
const RAMP_MS = 1000;

/** What was asked and how it was answered. */
export interface PingResult {
  readonly latencies: Latencies;
  readonly count: number;
  /** How late pings were sent. */
  readonly lateness: Latencies;
  /** All answers by status; 0 for none. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Keys of validators; the same number is the same key. */
export function validatorKeys(count: number): Keypair[] {
  return Array.from({ length: count }, (_, index) => Keypair.fromUri(`//validator${index}`));
}

/** Validators and the axon that they ask, each over a connection that it keeps. */
export class Validators {
  readonly keys: readonly Keypair[];
  readonly connections: readonly RawConnection[];

  /** @param hotkey of the axon */
  constructor(count: number, readonly port: number, readonly hotkey: string) {
    this.keys = validatorKeys(count);
    this.connections = this.keys.map(() => new RawConnection(port));
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

/** Pings an axon so many times a second for so long and a second more, spread evenly over all validators. */
export async function ping(
  { keys, connections, port, hotkey }: Validators,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  onSigned: () => Promise<void>,
): Promise<PingResult> {
  const count = Math.round(perSecond * (seconds + RAMP_MS / 1000));
  const aheadMs = count * SIGNING_MS + LEAD_MS;
  const [startMs, startUnixMs] = [
    processClock.nowMs() + aheadMs,
    processWallClock.unixMs() + aheadMs,
  ];
  const dueOf = (at: number): number => at * 1000 / perSecond;
  const signed: Uint8Array[] = [];
  for (let at = 0; at < count; at++) {
    signed.push(await sign(keys[at % keys.length], hotkey, port, startUnixMs + dueOf(at)));
  }
  if (processClock.nowMs() > startMs) throw new Error("signing has taken longer than was planned");
  await onSigned();
  const [latencies, lateness] = [new Latencies(), new Latencies()];
  const statuses = new Map<number, number>();
  const one = async (at: number, connection: RawConnection): Promise<void> => {
    const dueMs = startMs + dueOf(at);
    await processClock.sleep(Math.max(0, dueMs - processClock.nowMs()));
    const lateMs = Math.max(0, processClock.nowMs() - dueMs);
    const status = await connection.ask(signed[at]);
    if (dueOf(at) >= RAMP_MS) {
      lateness.add(lateMs);
      latencies.add(processClock.nowMs() - dueMs);
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  // Each key asks one thing after another, as a validator's dendrite does of one axon.
  await Promise.all(keys.map(async (_, key) => {
    for (let at = key; at < count; at += keys.length) await one(at, connections[key]);
  }));
  return { latencies, count, lateness, statuses };
}

/** A signed request as it goes over the wire. */
async function sign(
  key: Keypair,
  axonHotkey: string,
  port: number,
  unixMs: number,
): Promise<Uint8Array> {
  const synapse = createSynapse(PING, {});
  const named = {
    nonce: BigInt(Math.round(unixMs * 1000)) * 1000n,
    ...{ hotkey: key.address, uuid: key.address },
  };
  const signature = await signText(key, requestText(named, axonHotkey, bodyHash(synapse)));
  const asked = {
    ...synapse,
    dendrite: { ...UNKNOWN_TERMINAL, ...named, version: SDK_VERSION, signature },
    axon: { ...UNKNOWN_TERMINAL, ip: "127.0.0.1", port, hotkey: axonHotkey },
  };
  const body = new TextEncoder().encode(pythonJson(dumpSynapse(asked), REQUEST_STYLE));
  const headers = {
    ...{ host: `127.0.0.1:${port}`, "content-length": body.length },
    ...{ ...toHeaders(asked, body.length), "content-type": "application/json" },
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = new TextEncoder().encode(`POST /${PING.name} HTTP/1.1\r\n${lines}\r\n`);
  return concatBytes(head, body);
}
