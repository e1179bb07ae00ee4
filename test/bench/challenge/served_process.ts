/**
 * A miner in a process of its own that trains and answers challenges, put together as
 * `deno task mine` does it.
 *
 * @module
 */

import * as v from "valibot";
import { neuronOf } from "../../compute/axon/neurons.ts";
import { PUBLISHED_ADMISSION } from "../../../core/compute/axon/admission.ts";
import { COMPUTE_NETUID, ComputeMiner } from "../../../core/compute/compute_miner.ts";
import { Engines } from "../../../core/hash/engines.ts";
import { Solver } from "../../../core/hash/solver.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import {
  createDenoHost,
  createLog,
  processClock,
  processRandomBytes,
  processWallClock,
} from "../../../headless/deno_host.ts";
import { listenHttp } from "../../../headless/http_server.ts";
import { writeText } from "../../../headless/screen.ts";
import { startSignatureThreads } from "../../../headless/signature_threads.ts";
import { Hashcat } from "../hash/hashcat.ts";
import { CountedTurns } from "./counted_turns.ts";
import { HashcatSolver } from "./hashcat_solver.ts";
import { type Answered, type Progress, ServeTask, type Serving } from "./served_messages.ts";
import { trainEndlessly } from "./training.ts";

const task = v.parse(v.pipe(v.string(), v.parseJson(), ServeTask), Deno.args[0]);
const say = (message: Serving | Answered | Progress): void =>
  writeText(Deno.stdout, `${JSON.stringify(message)}\n`);
const log = createLog("error", (line) => writeText(Deno.stderr, `${line}\n`));
await readyKeys();
const neurons = task.hotkeys.map((hotkey, uid) => neuronOf({ uid, hotkey, stakeTao: 2000 }));
const metagraph = { netuid: COMPUTE_NETUID, name: "", block: 0, neurons };
const turns = new CountedTurns();
const checks = startSignatureThreads(1);
const host = {
  ...createDenoHost({ runDir: task.dir, backend: task.backend, logLevel: "error" }),
  runDir: task.dir,
};

/** An axon with its port. */
async function serve(
  solver: Pick<Solver, "solve">,
  onChallenge?: (event: Omit<Answered, "kind">) => void,
): Promise<number> {
  const miner = await ComputeMiner.open({
    signer: Keypair.fromUri("//Bob"),
    chain: { metagraph: () => Promise.resolve(metagraph) },
    ...{ netuid: COMPUTE_NETUID, admission: PUBLISHED_ADMISSION, solver, log },
    ...{ clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes },
    alone: (work) => turns.challenge(work),
    specs: () => Promise.reject(new Error("only challenges are measured")),
    checkSignature: checks.check,
    ...onChallenge && { onChallenge },
  });
  await miner.updateRegistered();
  const { port } = await listenHttp(miner.handler, { hostname: "127.0.0.1", port: 0, log });
  return port;
}

const engines = new Engines(host);
const solver = new Solver(host, engines);
await solver.warmUp("blake2b");
const port = await serve(solver, ({ outcome, elapsedMs, waitedMs, rate }) => {
  say({ kind: "answered", outcome, elapsedMs, waitedMs, rate });
});
const training = await trainEndlessly(host, task.model, turns);
const { variant } = await engines.engineFor("blake2b");
const { adapter, isSoftware } = training;
const peer = task.hashcat ? await Hashcat.find(isSoftware) : "it was not asked for";
const hashcat = typeof peer === "string" ? peer : {
  version: peer.version,
  port: await serve(new HashcatSolver(peer, processClock)),
};
say({ kind: "serving", adapter, isSoftware, variant, port, hashcat });
for await (const _ of Deno.stdin.readable) {
  const { slices } = turns;
  say({ kind: "progress", slices, steps: training.steps, atMs: processClock.nowMs() });
}
