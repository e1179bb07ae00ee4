/**
 * The chain: whether its endpoint answers, which chain it is, and whether it moves.
 *
 * @module
 */

import type { Block, Chain } from "../../core/chain/chain.ts";
import { formatDuration } from "../units.ts";
import { type Check, fail, type Finding, findingOfError, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { TimeIsUpError, within } from "./time_limit.ts";

/** An answer that takes longer makes calls late by a block. */
const SLOW_FROM_MS = 2_000;
/** Five blocks. */
const OLD_FROM_MS = 60_000;
/** A block is made every 12 s. */
const NEXT_BLOCK_WAIT_MS = 15_000;
/** What the runtime of Subtensor calls itself. */
const SUBTENSOR = "node-subtensor";
/** Digits of a hash that are shown at either end. */
const HASH_DIGITS = 6;

/** Whether the endpoint answers, how fast, and with which chain. */
export const endpointCheck: Check = {
  name: "endpoint",
  async run(context): Promise<Finding[]> {
    const { settings, system } = context;
    let chain: Chain;
    try {
      chain = await context.openChain();
    } catch (error) {
      return [unreachable(error, settings.shownEndpoint)];
    }
    const identity = await chain.identity();
    const startMs = system.clock.nowMs();
    await chain.head();
    const answerMs = Math.round(system.clock.nowMs() - startMs);
    const { network, genesisHash, specName, specVersion } = identity;
    const name = network.includes("://") ? "a chain without a name" : network;
    const genesis = shortHash(genesisHash);
    const which = `${name}: ${specName} spec ${specVersion}, genesis ${genesis}`;
    return [
      speed(settings.shownEndpoint, answerMs),
      specName === SUBTENSOR || settings.ledgerFile !== undefined ? ok("chain", which) : fail(
        "chain",
        `${which}: this is no Subtensor`,
        "Choose another --subtensor.network or --subtensor.chain_endpoint.",
      ),
    ];
  },
};

/** Whether blocks are made and arrive. */
export const headCheck: Check = {
  name: "head",
  async run(context): Promise<Finding[]> {
    const chain = await context.chain();
    const head = await chain.head();
    const ageMs = context.system.wallClock.unixMs() - head.unixMs;
    if (ageMs < OLD_FROM_MS) {
      return [ok("head", `block ${head.number}, ${seconds(ageMs)} old`)];
    }
    return [await oldHead(context, chain, head, ageMs)];
  },
};

/** A block that is old by our clock: whether others follow tells a slow node from a dead one. */
async function oldHead(
  { settings, system }: CheckContext,
  chain: Chain,
  { number }: Block,
  ageMs: number,
): Promise<Finding> {
  const waitMs = Math.min(NEXT_BLOCK_WAIT_MS, settings.limitMs / 2);
  const old = `block ${number} is ${seconds(ageMs)} old`;
  if (await nextBlockComes(chain, number, (next) => within(system.clock, waitMs, next))) {
    return warning(
      "head",
      `${old}, and newer ones come`,
      "The endpoint's node is catching up: wait, or choose another endpoint. Or this machine's " +
        "clock is ahead.",
    );
  }
  const still = `${old}, and none came within ${seconds(waitMs)}`;
  if (settings.isLocalChain) {
    return warning("head", still, "A chain for development may make blocks on demand only.");
  }
  return fail("head", still, "The endpoint's node stands still: choose another endpoint.");
}

/** @param limit bounds the wait, rejecting with TimeIsUpError */
async function nextBlockComes(
  chain: Chain,
  after: number,
  limit: (next: Promise<void>) => Promise<void>,
): Promise<boolean> {
  let tell = (): void => {};
  const next = new Promise<void>((resolve) => tell = resolve);
  const stop = await chain.watchHead((number) => {
    if (number > after) tell();
  });
  try {
    await limit(next);
    return true;
  } catch (error) {
    if (error instanceof TimeIsUpError) return false;
    throw error;
  } finally {
    stop();
  }
}

function speed(endpoint: string, answerMs: number): Finding {
  if (answerMs < SLOW_FROM_MS) return ok("endpoint", `${endpoint} answers in ${answerMs} ms`);
  return warning(
    "endpoint",
    `${endpoint} takes ${(answerMs / 1000).toFixed(1)} s to answer`,
    "Calls come late: choose an endpoint nearer by, or run a node of your own.",
  );
}

function unreachable(error: unknown, endpoint: string): Finding {
  const { message, advice } = findingOfError("endpoint", error);
  if (error instanceof TimeIsUpError) return fail("endpoint", `${endpoint}: ${message}`, advice);
  return fail("endpoint", message, advice);
}

function shortHash(hash: string): string {
  const digits = hash.replace(/^0x/, "");
  if (digits.length <= 2 * HASH_DIGITS) return hash;
  return `0x${digits.slice(0, HASH_DIGITS)}…${digits.slice(-HASH_DIGITS)}`;
}

function seconds(milliseconds: number): string {
  return formatDuration(Math.max(0, milliseconds) / 1000);
}
