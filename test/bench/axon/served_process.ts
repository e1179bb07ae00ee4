/**
 * An axon in a process of its own, put together as `deno task mine` does it.
 *
 * @module
 */

import * as v from "valibot";
import { PUBLISHED_ADMISSION } from "../../../core/compute/axon/admission.ts";
import { COMPUTE_NETUID, ComputeMiner } from "../../../core/compute/compute_miner.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { FrequentSigners } from "../../../core/wallet/frequent_signers.ts";
import {
  createLog,
  processClock,
  processRandomBytes,
  processWallClock,
} from "../../../headless/deno_host.ts";
import { openFolderStorage } from "../../../headless/folder_storage.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { writeText } from "../../../headless/screen.ts";
import { neuronOf } from "../../compute/axon/neurons.ts";
import { ServeTask } from "./served_messages.ts";

const { dir, hotkeys } = v.parse(v.pipe(v.string(), v.parseJson(), ServeTask), Deno.args[0]);
const log = createLog("error", (line) => writeText(Deno.stderr, `${line}\n`));
await readyKeys();
const signers = new FrequentSigners();
const neurons = hotkeys.map((hotkey, uid) => neuronOf({ uid, hotkey, stakeTao: 2000 }));
const metagraph = { netuid: COMPUTE_NETUID, name: "", block: 0, neurons };
const nothing = (): Promise<never> => Promise.reject(new Error("only pings are measured"));
const miner = await ComputeMiner.open({
  signer: Keypair.fromUri("//Bob"),
  chain: { metagraph: () => Promise.resolve(metagraph) },
  netuid: COMPUTE_NETUID,
  admission: PUBLISHED_ADMISSION,
  ...{ solver: { solve: nothing }, specs: nothing, log, storage: openFolderStorage(dir) },
  ...{ clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes },
  checkSignature: (...check) => Promise.resolve(signers.verifyMessage(...check)),
});
await miner.updateRegistered();
const { port } = await listenHttp(miner.handler, { hostname: "127.0.0.1", port: 0, log });
writeText(Deno.stdout, `${JSON.stringify({ port })}\n`);
