/**
 * Answers challenges of the compute network's validators, who reach the tab through a relay.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { PUBLISHED_ADMISSION } from "../../core/compute/axon/admission.ts";
import type { ChallengeEvent as MinerChallenge } from "../../core/compute/challenge/challenge_miner.ts";
import { ComputeMiner } from "../../core/compute/compute_miner.ts";
import { RelayClient, type RelayPlace } from "../../core/compute/relay/relay_client.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import type { Host } from "../../core/host.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import { FrequentSigners } from "../../core/wallet/frequent_signers.ts";
import { browserRandomBytes, browserWallClock } from "./browser_host.ts";
import { toldTurns } from "./gpu_report.ts";
import type { ChallengeEvent, ComputeChainLink, ComputeRunSettings, RunEvent } from "./node_api.ts";
import { tabSpecs } from "./tab_specs.ts";

/** Whom the miner asks, and who hears of it. */
export interface ComputeRunLinks extends ComputeChainLink {
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
}

/** Mines until the signal. @throws {WeftError} if the relay does not want this tab */
export async function mineCompute(
  host: Host,
  signer: Signer,
  { relayUrl, netuid }: ComputeRunSettings,
  { metagraph, serveAxon, tell, signal }: ComputeRunLinks,
): Promise<void> {
  const { clock, log, storage } = host;
  const solver = new Solver(host, new Engines(host));
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const turns = toldTurns(clock, tell, over);
  const signers = new FrequentSigners();
  try {
    await solver.warmUp("blake2b");
    const miner = await ComputeMiner.open({
      ...{ signer, netuid, solver, clock, log, storage, chain: { metagraph } },
      ...{ wallClock: browserWallClock, randomBytes: browserRandomBytes },
      admission: PUBLISHED_ADMISSION,
      specs: () => Promise.resolve(tabSpecs()),
      checkSignature: (...check) => Promise.resolve(signers.verifyMessage(...check)),
      onChallenge: (event) => tell(shown(event)),
      alone: (work) => turns.challenge(work),
    });
    await miner.updateRegistered();
    const sign = async (hex: string): Promise<string> =>
      bytesToHex(await signer.sign(hexToBytes(hex)));
    const serve = async (place: RelayPlace): Promise<void> => {
      tell({ kind: "serving", hotkey: signer.address, ...place });
      await serveAxon(place, sign);
    };
    const relay = new RelayClient({
      ...{ url: relayUrl, signer, clock, log, handler: miner.handler },
      openSocket: (address) => new WebSocket(address),
      onWelcome: (place) => {
        serve(place).catch((error: unknown) => {
          log.error(`the chain does not know the axon: ${error}`);
        });
      },
    });
    const running = miner.run(over);
    try {
      await relay.run(signal);
    } finally {
      ended.abort();
      await running;
    }
  } finally {
    ended.abort();
    await solver.close();
  }
}

function shown({ difficulty, outcome, elapsedMs }: MinerChallenge): ChallengeEvent {
  const success = outcome === "cracked";
  return {
    ...{ kind: "challenge", difficulty, success, elapsedS: elapsedMs / 1000, score: undefined },
    reason: success ? "" : outcome,
  };
}
