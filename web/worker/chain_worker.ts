/**
 * The thread that speaks to a chain. It holds no key: what it sends is signed by the page's wallet
 * extension. It is started when somebody joins, for the chain's library is large.
 *
 * @module
 */

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expose } from "comlink";
import type { Chain, ChainIdentity } from "../../core/chain/chain.ts";
import { Ledger } from "../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../core/chain/ledger/memory_store.ts";
import { parseIp } from "../../core/chain/ip_address.ts";
import { immunityLeft, type Metagraph } from "../../core/chain/metagraph.ts";
import { chainEndpoint } from "../../core/chain/networks.ts";
import type { CallStage, Receipt } from "../../core/chain/receipt.ts";
import { WeftError } from "../../core/errors.ts";
import { decodeAddress } from "../../core/wallet/address.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import { browserClock, browserLog, browserWallClock } from "./browser_host.ts";
import {
  type AgreedRegistration,
  type ChainApi,
  type Earnings,
  type NeuronRow,
  PRACTICE,
  type RegistrationView,
  type WalletSign,
} from "./chain_api.ts";

/** What a practice account is given: enough for some registrations. */
const PRACTICE_RAO = 100_000_000_000n;
const SIGNATURE_BYTES = 64;
/** 1.8.3, as the compute network counts, and the protocol of the Python SDK's axons. */
const COMPUTE_VERSION = 183;
const AXON_PROTOCOL = 4;

class ChainWorker implements ChainApi {
  #chain: Chain | undefined;
  #practice: Ledger | undefined;

  async open(network: string): Promise<ChainIdentity> {
    await this.close();
    await readyKeys();
    this.#chain = network === PRACTICE ? this.#practiceLedger() : await openSubtensor(network);
    return await this.#opened.identity();
  }

  async registration(netuid: number, coldkey: string, hotkey: string): Promise<RegistrationView> {
    const chain = this.#opened;
    if (chain === this.#practice) await this.#provide(coldkey);
    const [identity, subnet, { transferableRao }, uid] = await Promise.all([
      chain.identity(),
      chain.subnet(netuid),
      chain.balance(coldkey),
      chain.uidOf(netuid, hotkey),
    ]);
    const { registrationAllowed, burnRao, immunityBlocks, neuronCount, maxNeuronCount } = subnet;
    return {
      ...{ identity, netuid, registrationAllowed, burnRao, immunityBlocks },
      ...{ neuronCount, maxNeuronCount, transferableRao, uid },
    };
  }

  async register(
    coldkey: string,
    sign: WalletSign,
    { netuid, hotkey, limitRao }: AgreedRegistration,
    onProgress: (stage: CallStage) => void,
  ): Promise<Receipt> {
    const chain = this.#opened;
    const { burnRao } = await chain.subnet(netuid);
    if (burnRao > limitRao) {
      throw new WeftError("the price rose above what you agreed to: nothing was sent, look again");
    }
    const signer = chain === this.#practice
      ? bytesSigner(coldkey, sign)
      : payloadSigner(coldkey, sign);
    return await chain.burnedRegister(signer, { netuid, hotkey, limitRao }, { onProgress });
  }

  async earnings(netuid: number, hotkey: string): Promise<Earnings | undefined> {
    const chain = this.#opened;
    const [{ neurons, block }, { immunityBlocks }] = await Promise.all([
      chain.metagraph(netuid),
      chain.subnet(netuid),
    ]);
    const neuron = neurons.find((each) => each.hotkey === hotkey);
    if (!neuron) return undefined;
    const { uid, alphaStakeRao: stakeRao, incentive, emissionRao, registeredAt } = neuron;
    const better = neurons.filter((each) => each.incentive > incentive).length;
    return {
      ...{ block, uid, stakeRao, incentive, emissionRao, rank: better + 1 },
      neuronCount: neurons.length,
      immunityBlocksLeft: registeredAt === undefined
        ? undefined
        : immunityLeft(registeredAt, immunityBlocks, block),
    };
  }

  registered(netuid: number): Promise<Metagraph> {
    return this.#opened.metagraph(netuid);
  }

  async serveAxon(
    netuid: number,
    hotkey: string,
    { ip, port }: { readonly ip: string; readonly port: number },
    sign: (hex: string) => Promise<string>,
  ): Promise<void> {
    const signer: Signer = {
      ...{ address: hotkey, publicKey: decodeAddress(hotkey) },
      sign: async (message) => hexToBytes(await sign(bytesToHex(message))),
    };
    const { ipType } = parseIp(ip);
    const address = { version: COMPUTE_VERSION, protocol: AXON_PROTOCOL, ip, port, ipType };
    await this.#opened.serveAxon(signer, netuid, address);
  }

  async metagraph(netuid: number): Promise<readonly NeuronRow[]> {
    const { neurons } = await this.#opened.metagraph(netuid);
    return neurons.toSorted((one, other) => other.incentive - one.incentive || one.uid - other.uid)
      .map(({ uid, hotkey, alphaStakeRao, incentive, emissionRao, validatorPermit }) => ({
        ...{ uid, hotkey, incentive, emissionRao },
        stakeRao: alphaStakeRao,
        isValidator: validatorPermit,
      }));
  }

  async close(): Promise<void> {
    const chain = this.#chain;
    this.#chain = undefined;
    // What is practised goes on until the page is closed.
    if (chain !== this.#practice) await chain?.close();
  }

  get #opened(): Chain {
    if (this.#chain) return this.#chain;
    throw new WeftError("no chain is open: choose a network first");
  }

  #practiceLedger(): Ledger {
    return this.#practice ??= new Ledger(new MemoryLedgerStore(), {
      ...{ wallClock: browserWallClock, clock: browserClock, endpoint: PRACTICE },
    });
  }

  async #provide(coldkey: string): Promise<void> {
    const { freeRao } = await this.#practiceLedger().balance(coldkey);
    if (freeRao === 0n) await this.#practiceLedger().faucet(coldkey, PRACTICE_RAO);
  }
}

async function openSubtensor(network: string): Promise<Chain> {
  const { openSubtensor } = await import("../../core/chain/subtensor/subtensor.ts");
  return await openSubtensor({
    ...chainEndpoint({ subtensorNetwork: network }),
    ...{ clock: browserClock, log: browserLog(() => {}) },
    openSocket: (address) => new WebSocket(address),
  });
}

function payloadSigner(address: string, sign: WalletSign): Signer {
  return {
    ...{ address, publicKey: decodeAddress(address) },
    sign: () => Promise.reject(new WeftError("a wallet extension signs no bare bytes")),
    signPayload: async (payload) => ({ signature: await sign({ kind: "extrinsic", payload }) }),
  };
}

function bytesSigner(address: string, sign: WalletSign): Signer {
  return {
    ...{ address, publicKey: decodeAddress(address) },
    sign: async (message) => {
      const signature = await sign({ kind: "bytes", hex: `0x${bytesToHex(message)}` });
      // A wallet may name the kind of signature in a byte before it.
      return hexToBytes(signature.replace(/^0x/, "")).slice(-SIGNATURE_BYTES);
    },
  };
}

expose(new ChainWorker());
