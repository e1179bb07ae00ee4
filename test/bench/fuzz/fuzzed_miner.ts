/**
 * A miner to be fuzzed: an axon with the published admission that answers challenges, tells specs and
 * lends a machine that is none. Searches are tried out one by one, so only small ones end. Its budgets
 * have no end, for a flood would otherwise be refused before anything reads it.
 *
 * @module
 */

import { AllocationDesk } from "../../../core/compute/allocation/allocation_desk.ts";
import type { Rental, RentalAccess } from "../../../core/compute/allocation/rental.ts";
import { Admission, PUBLISHED_ADMISSION } from "../../../core/compute/axon/admission.ts";
import { Axon, type AxonRoute } from "../../../core/compute/axon/axon.ts";
import { NonceBook } from "../../../core/compute/axon/nonce_book.ts";
import { ChallengeMiner } from "../../../core/compute/challenge/challenge_miner.ts";
import { COMPUTE_VERSION } from "../../../core/compute/compute_miner.ts";
import { type MachineSpecs, specsRoute } from "../../../core/compute/specs.ts";
import type { SynapseKind } from "../../../core/compute/synapse/synapse.ts";
import { isPassword } from "../../../core/hash/hash_target.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/search_job.ts";
import type { Log, Storage } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { neuronOf } from "../../compute/axon/neurons.ts";

/** The miner's hotkey. */
export const MINER_URI = "//Bob";
const SSH_PORT = 4444;
/** A larger keyspace ends without a password. */
const MAX_TRIED = 4_096n;
const ENDLESS = { burst: Number.MAX_SAFE_INTEGER, perSecond: 1 };
const SPECS: MachineSpecs = {
  cpu: { count: 8, frequency: 3000 },
  ram: {
    ...{ total: 64e9, available: 32e9, used: 32e9, free: 16e9 },
    ...{ swap_total: 0, swap_used: 0, swap_free: 0 },
  },
  hard_disk: { total: 9e11, free: 5e11, used: 4e11 },
  gpus: [{ name: "NVIDIA L4", capacity: 23_034 }],
  ...{ gpuClocks: undefined, hasDocker: true, adapter: undefined, rates: {} },
};

/** See the module. @param hotkeys who may ask */
export async function openFuzzedMiner(
  hotkeys: readonly string[],
  { log, storage }: { readonly log: Log; readonly storage: Storage },
): Promise<Axon> {
  const time = { clock: processClock, wallClock: processWallClock };
  const axon = new Axon({
    ...{ ...time, log, randomBytes: processRandomBytes, version: COMPUTE_VERSION },
    signer: Keypair.fromUri(MINER_URI),
    nonces: await NonceBook.open({ ...time, storage, lenient: false }),
    checkSignature: (...check) => Promise.resolve(verifyMessage(...check)),
    budgets: { address: ENDLESS, failures: ENDLESS, strangers: ENDLESS, hotkey: ENDLESS },
  });
  const admission = new Admission(PUBLISHED_ADMISSION);
  admission.update({
    neurons: hotkeys.map((hotkey, uid) => neuronOf({ uid, hotkey, stakeTao: 2000 })),
  });
  const admitted = (kind: string): Pick<AxonRoute<SynapseKind>, "blacklist" | "priority"> => ({
    blacklist: (hotkey) => admission.reasonAgainst(hotkey, kind),
    priority: (hotkey) => admission.priority(hotkey, kind),
  });
  const machine = new NoMachine();
  const desk = await AllocationDesk.open({
    ...{ ...time, log, storage, crypto: crypto.subtle },
    ...{ rentals: [machine], choose: () => machine },
    ...{ port: SSH_PORT, version: COMPUTE_VERSION },
  });
  axon.attach(new ChallengeMiner({ clock: processClock, log, solver: { solve } }).route(
    admitted("Challenge"),
  ));
  axon.attach(specsRoute(() => Promise.resolve(SPECS), admitted("Specs")));
  axon.attach(desk.route(admitted("Allocate")));
  return axon;
}

/** Tries every candidate of a small keyspace. */
function solve({ target, keyspace }: SolveRequest): Promise<SolveResult> {
  const progress = { tried: keyspace.size, total: keyspace.size, elapsedMs: 1, rate: 1 };
  for (let at = 0n; keyspace.size <= MAX_TRIED && at < keyspace.size; at++) {
    const password = keyspace.candidate(at);
    if (!isPassword(target, password)) continue;
    return Promise.resolve({ ...progress, outcome: "cracked", password, waitedMs: 0 });
  }
  return Promise.resolve({ ...progress, outcome: "exhausted", password: undefined, waitedMs: 0 });
}

const DONE = Promise.resolve();
/** Starts at once, and is nothing. */
class NoMachine implements Rental {
  readonly name = "none";
  readonly obstacle = (): Promise<undefined> => Promise.resolve(undefined);
  readonly exchangeKey = (): Promise<void> => DONE;
  readonly restart = (): Promise<void> => DONE;
  readonly pause = (): Promise<void> => DONE;
  readonly unpause = (): Promise<void> => DONE;
  #isRunning = false;

  start(): Promise<RentalAccess> {
    this.#isRunning = true;
    return Promise.resolve({ username: "root", password: "none", port: SSH_PORT });
  }

  stop(): Promise<void> {
    this.#isRunning = false;
    return DONE;
  }

  isRunning(): Promise<boolean> {
    return Promise.resolve(this.#isRunning);
  }
}
