/**
 * `validate compute` beside a ledger and real axons on loopback. Its miners know the passwords that
 * the validator has drawn, since nothing here could search for them in time.
 *
 * @module
 */

import { join } from "node:path";
import { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import type { Metagraph } from "../../../core/chain/metagraph.ts";
import { PUBLISHED_ADMISSION } from "../../../core/compute/axon/admission.ts";
import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import { ComputeMiner } from "../../../core/compute/compute_miner.ts";
import type { MachineSpecs } from "../../../core/compute/specs.ts";
import { MIN_DIFFICULTY } from "../../../core/compute/validator/difficulty.ts";
import type { GpuProver } from "../../../core/compute/validator/gpu_rounds.ts";
import { isPassword } from "../../../core/hash/hash_target.ts";
import type { SolveRequest, SolveResult } from "../../../core/hash/search_job.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { processRandomBytes } from "../../../headless/deno_host.ts";
import type { Command } from "../../../headless/command.ts";
import type { Flags } from "../../../headless/flags.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { validateComputeCommand } from "../../../headless/validate/compute.ts";
import type { ValidateSystem } from "../../../headless/validate/system.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { TestTime } from "../../iota/api/api_setup.ts";
import { withTempFolder } from "../temp_folder.ts";
import { axon, TAO } from "../wallet/fake_chain.ts";
import { fakeWalletSystem, runWallet, type WalletRun } from "../wallet/fake_wallet_system.ts";
import { FakeTime } from "../wallet/test_ledger.ts";
import { BOB, makeWallet } from "../wallet/test_wallet.ts";

const NETUID = 27;
/** More than the subnet's rule between two settings of weights. */
const BLOCKS = 101;

/** How a miner behaves. */
export interface TestMiner {
  /** URI of its hotkey. */
  readonly uri: string;
  readonly answers: "right" | "wrong" | "late";
  readonly specs?: Partial<MachineSpecs>;
  /** Answers more than challenges and specs. */
  readonly attach?: (miner: ComputeMiner) => void;
}

/** What a machine says it has, unless a test wants it otherwise. */
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

/** What a test plays with. */
export interface ComputeSetup {
  readonly dir: string;
  readonly database: string;
  readonly ledger: Ledger;
  /** Of the validator and its miners; stands still unless a test moves it. */
  readonly time: TestTime;
  /** Proves GPUs, where a test has something that does. */
  prover: GpuProver | undefined;
  validate(args?: readonly string[], signal?: AbortSignal): Promise<WalletRun>;
  /** Runs another command of a validator's. */
  run<F extends Flags>(
    command: (system: ValidateSystem) => Command<F>,
    args?: readonly string[],
  ): Promise<WalletRun>;
}

/** Registers //Bob, who validates, and the miners, whose axons listen until the body has ended. */
export async function withCompute(
  miners: readonly TestMiner[],
  body: (setup: ComputeSetup) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    await using open = new AsyncDisposableStack();
    const drawn = new DrawnBytes();
    const time = new TestTime();
    const axons = new Map<string, number>();
    const ledger = await ledgerWith(miners.map(({ uri }) => uri), axons);
    const wallet = fakeWalletSystem(dir, { chain: ledger });
    await makeWallet(wallet);
    for (const miner of miners) {
      const signer = Keypair.fromUri(miner.uri);
      const opened = await minerOf(miner, signer, time, drawn);
      miner.attach?.(opened);
      const listener = await listenHttp(opened.handler, {
        ...{ hostname: "127.0.0.1", port: 0, log: new KeptLog() },
      });
      open.defer(() => listener.close());
      axons.set(signer.address, listener.port);
    }
    const system: ValidateSystem = {
      ...{ ...wallet, clock: time, wallClock: time, openHttp: nodeHttp, listen: listenHttp },
      randomBytes: (length) => drawn.next(length),
      openTrainers: () => {
        throw new Error("nothing is trained here");
      },
    };
    const common = ["--no-one-per-address", "--rounds", "1"];
    const setup: ComputeSetup = {
      ...{ dir, ledger, time, database: join(dir, "database.db"), prover: undefined },
      validate: (args, signal) => {
        const { prover } = setup;
        const parts = prover ? { gpuProver: () => prover } : {};
        const command = (): ReturnType<typeof validateComputeCommand> =>
          validateComputeCommand(system, parts);
        return runWallet(command, wallet, [...common, ...args ?? []], { signal });
      },
      run: (command, args = []) => runWallet(() => command(system), wallet, [...args]),
    };
    await body(setup);
  });
}

async function ledgerWith(
  miners: readonly string[],
  axons: ReadonlyMap<string, number>,
): Promise<Ledger> {
  const time = new FakeTime();
  const ledger = new Ledger(new MemoryLedgerStore(), {
    ...{ wallClock: time, clock: time, endpoint: "ledger:memory" },
  });
  const coldkey = Keypair.fromUri("//Alice");
  await ledger.faucet(coldkey.address, 10_000n * TAO);
  for (const hotkey of [BOB, ...miners.map((uri) => Keypair.fromUri(uri).address)]) {
    await ledger.burnedRegister(coldkey, { netuid: NETUID, hotkey, limitRao: 100n * TAO });
    time.passBlocks(1);
  }
  await ledger.addStake(coldkey, {
    ...{ netuid: NETUID, hotkey: BOB, amountRao: 2000n * TAO },
  });
  time.passBlocks(BLOCKS);
  const metagraph = ledger.metagraph.bind(ledger);
  // The chain takes no address of loopback.
  ledger.metagraph = async (netuid): Promise<Metagraph> => {
    const { neurons, ...rest } = await metagraph(netuid);
    const placed = neurons.map((neuron) => {
      const port = axons.get(neuron.hotkey);
      if (port === undefined) return neuron;
      return { ...neuron, axon: axon("127.0.0.1", port) };
    });
    return { ...rest, neurons: placed };
  };
  return ledger;
}

async function minerOf(
  { answers, specs }: TestMiner,
  signer: Keypair,
  time: TestTime,
  drawn: DrawnBytes,
): Promise<ComputeMiner> {
  const solve = (request: SolveRequest): Promise<SolveResult> => {
    if (answers === "late") return new Promise(() => {});
    const password = answers === "wrong" ? "wrong" : drawn.passwordOf(request);
    return Promise.resolve({
      ...{ outcome: "cracked", password: new TextEncoder().encode(password), waitedMs: 0 },
      ...{ tried: 1n, total: 1n, elapsedMs: 0, rate: 1 },
    });
  };
  return await ComputeMiner.open({
    ...{ signer, chain: undefined, netuid: NETUID, solver: { solve }, log: new KeptLog() },
    ...{ clock: time, wallClock: time, randomBytes: processRandomBytes },
    admission: { ...PUBLISHED_ADMISSION, whitelistHotkeys: [BOB] },
    specs: () => Promise.resolve({ ...SPECS, ...specs }),
    checkSignature: (...check) => Promise.resolve(verifyMessage(...check)),
  });
}

/** Random bytes that are remembered, so that a test knows what was drawn with them. */
class DrawnBytes {
  readonly #drawn: Uint8Array<ArrayBuffer>[] = [];

  next(length: number): Uint8Array<ArrayBuffer> {
    const bytes = processRandomBytes(length);
    this.#drawn.push(bytes);
    return bytes;
  }

  /** The password of a challenge that was made of these bytes. */
  passwordOf({ target }: SolveRequest): string {
    for (let at = 0; at < this.#drawn.length; at++) {
      const again = this.#drawn.slice(at).values();
      const { password } = newChallenge(
        MIN_DIFFICULTY,
        (length) => again.next().value ?? new Uint8Array(length),
      );
      if (isPassword(target, new TextEncoder().encode(password))) return password;
    }
    throw new Error("that password was not drawn here");
  }
}
