import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { GENESIS_MS, ManualTime } from "../../chain/ledger/manual_time.ts";
import { measureReading } from "./reading.ts";

const NETUID = 9;
const OPEN_MS = 30;
const METAGRAPH_MS = 20;

/** Opens a ledger with one neuron, on which opening and reading take their time. */
async function slowLedger(): Promise<
  { open: () => Promise<Chain>; nowMs: () => number; closed: () => number; ledger: Ledger }
> {
  await readyKeys();
  const time = new ManualTime();
  const ledger = new Ledger(new MemoryLedgerStore(), {
    wallClock: time,
    clock: time,
    endpoint: "ledger:test",
    genesisUnixMs: GENESIS_MS,
  });
  const [coldkey, hotkey] = ["//Cold", "//Hot"].map((uri) => Keypair.fromUri(uri));
  await ledger.faucet(coldkey.address, 10n ** 9n);
  const limitRao = 10n ** 9n;
  await ledger.burnedRegister(coldkey, { netuid: NETUID, hotkey: hotkey.address, limitRao });
  let [nowMs, closed] = [0, 0];
  const metagraph = ledger.metagraph.bind(ledger);
  ledger.metagraph = (netuid) => {
    nowMs += METAGRAPH_MS;
    return metagraph(netuid);
  };
  ledger.close = () => {
    closed += 1;
    return Promise.resolve();
  };
  const open = (): Promise<Chain> => {
    nowMs += OPEN_MS;
    return Promise.resolve(ledger);
  };
  return { open, nowMs: () => nowMs, closed: () => closed, ledger };
}

test("measureReading() tells opening and reading apart, and names the chain", async () => {
  const { open, nowMs } = await slowLedger();
  assert.deepEqual(await measureReading(open, NETUID, 3, nowMs), {
    network: "ledger",
    specVersion: 1,
    netuid: NETUID,
    neurons: 1,
    openMs: OPEN_MS,
    metagraphMs: METAGRAPH_MS,
  });
});

test("measureReading() refuses a metagraph that lacks a neuron, and closes the chain", async () => {
  const { open, nowMs, closed, ledger } = await slowLedger();
  const metagraph = ledger.metagraph;
  ledger.metagraph = async (netuid) => ({ ...await metagraph(netuid), neurons: [] });
  const error = await measureReading(open, NETUID, 1, nowMs).catch((error) => error);
  assert.match(String(error), /a metagraph of 0 neurons, expected 1/);
  assert.equal(closed(), 1);
});
