/**
 * Mines on the compute network: an axon that validators find through the chain, and challenges that
 * are searched for as soon as they come.
 *
 * @module
 */

import { type AxonAddress, type Chain } from "../../core/chain/chain.ts";
import { parseIp } from "../../core/chain/ip_address.ts";
import { AllocationDesk } from "../../core/compute/allocation/allocation_desk.ts";
import { ContainerRental } from "../../core/compute/allocation/container_rental.ts";
import { reasonOf } from "../../core/compute/allocation/rental_choice.ts";
import { SANDBOX_RENTAL, SandboxRental } from "../../core/compute/allocation/sandbox_rental.ts";
import type { ChallengeEvent } from "../../core/compute/challenge/challenge_miner.ts";
import { vramOfMachine } from "../../core/compute/proof_of_gpu/machine_vram.ts";
import { proofOfGpu } from "../../core/compute/proof_of_gpu/proof_of_gpu.ts";
import { ProofDesk } from "../../core/compute/proof_of_gpu/proof_synapse.ts";
import { COMPUTE_NETUID, COMPUTE_VERSION, ComputeMiner } from "../../core/compute/compute_miner.ts";
import { DEFAULT_QUOTA } from "../../core/compute/sandbox/quota.ts";
import { Sandbox } from "../../core/compute/sandbox/sandbox.ts";
import { sandboxRoute } from "../../core/compute/sandbox/sandbox_route.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import { openGpu } from "../../core/gpu/gpu.ts";
import { Engines } from "../../core/hash/engines.ts";
import { Solver } from "../../core/hash/solver.ts";
import type { Host, Log } from "../../core/host.ts";
import type { GpuTurns } from "../../core/node/gpu_turns.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { CommandContext } from "../command.ts";
import { createLog } from "../deno_host.ts";
import { DOCKER_SOCKET, DockerEngine } from "../docker/engine.ts";
import { RENTAL_DOCKERFILE, RENTAL_IMAGE } from "../docker/image.ts";
import { unixHttp } from "../docker/unix_http.ts";
import { MeasuredSpecs } from "../measured_specs.ts";
import type { MINE_FLAGS, MineValues } from "../mine_settings.ts";
import { ProcessExecutor } from "../sandbox/process_executor.ts";
import { startSignatureThreads } from "../signature_threads.ts";
import type { ChainChoice } from "../wallet/system.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import type { MineSystem } from "./system.ts";

type Context = CommandContext<typeof MINE_FLAGS>;

/** The protocol number that the Python SDK gives to its axons. */
const AXON_PROTOCOL = 4;

/**
 * Mines until the user says stop; gives the exit code.
 *
 * @param turns of the GPU, where training runs beside it
 * @throws {UsageError} if nobody could reach the axon
 * @throws {WeftError} if there is no wallet, no such miner on the chain, or no port
 */
export async function mineCompute(
  system: MineSystem,
  context: Context,
  choice: ChainChoice,
  turns: GpuTurns,
): Promise<number> {
  const { values, screen, signal } = context;
  const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
  await using open = new AsyncDisposableStack();
  const signer = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
  const chain = await system.openChain(choice, log);
  open.defer(() => chain.close().catch((error) => log.debug(`the chain did not close: ${error}`)));
  const netuid = values.netuid ?? COMPUTE_NETUID;
  const uid = await chain.uidOf(netuid, signer.address);
  if (uid === undefined) throw notRegistered(signer.address, netuid);
  const address = await axonAddress(values, chain, netuid, signer.address);
  const host = system.openComputeHost({ backend: values.gpuBackend, log });
  const engines = new Engines(host);
  const solver = new Solver(host, engines);
  open.defer(() => solver.close());
  screen.status("preparing the GPU for challenges");
  await solver.warmUp("blake2b");
  const measured = await MeasuredSpecs.open(host, engines);
  screen.endStatus();
  const checks = startSignatureThreads(1);
  open.defer(() => checks.close());
  const engine = new DockerEngine(unixHttp(DOCKER_SOCKET), system.clock);
  const sandbox = values.sandbox ? openSandbox(system, values, { turns, log }) : undefined;
  open.defer(() => sandbox?.close());
  const desk = await openDesk(system, values, { engine, sandbox, host, log });
  const miner = await ComputeMiner.open({
    ...{ signer, chain, netuid, solver, log, admission: values, lenient: values.axonLenient },
    ...{ clock: system.clock, wallClock: system.wallClock, randomBytes: system.randomBytes },
    ...{ storage: host.storage, checkSignature: checks.check },
    alone: (work) => turns.challenge(work),
    specs: async () =>
      await measured.read({ dir: ".", hasDocker: await engine.fault() === undefined }),
    onChallenge: (event) => {
      measured.note(event);
      show(event, context);
    },
  });
  miner.axon.attach(desk.route(miner.admissionOf("Allocate")));
  if (sandbox) {
    const mayUse = (hotkey: string): boolean => desk.mayUse(SANDBOX_RENTAL, hotkey);
    miner.axon.attach(sandboxRoute({ sandbox, log, mayUse }));
  }
  const proofs = new ProofDesk({
    open: async () => {
      const gpu = await openGpu(await host.webgpu());
      return { proof: proofOfGpu({ gpu, clock: system.clock }), close: () => gpu.close() };
    },
    vramGb: async () => vramOfMachine(await measured.read({ dir: ".", hasDocker: false })),
    alone: (work) => turns.challenge(work, "proof"),
    ...{ log, clock: system.clock },
  });
  open.defer(() => proofs.close());
  miner.axon.attach(proofs.route(miner.admissionOf("ProofOfGpu")));
  await miner.updateRegistered();
  const { axonIp: hostname, axonPort: port } = values;
  const listener = await system.listen(miner.handler, { hostname, port, log });
  open.defer(() => listener.close());
  await chain.serveAxon(signer, netuid, address);
  tell(context, { address, uid, netuid, signer, log });
  await Promise.all([miner.run(signal), desk.run(signal)]);
  return 0;
}

/** Runs renters' shaders in a process of their own, between slices of training. */
function openSandbox(
  { clock }: MineSystem,
  { gpuBackend: backend }: MineValues,
  { turns, log }: { readonly turns: GpuTurns; readonly log: Log },
): Sandbox {
  const quota = DEFAULT_QUOTA;
  return new Sandbox({
    ...{ clock, quota },
    executor: new ProcessExecutor({ backend, quota, clock, log }),
    slice: (work) => turns.challenge(work, "sandbox"),
  });
}

/**
 * Lends containers where there is a Docker Engine, whose image is built meanwhile, and the sandbox
 * to those who ask for it.
 */
async function openDesk(
  { clock, wallClock, randomBytes }: MineSystem,
  { sshPort, axonExternalPort, axonPort }: MineValues,
  { engine, sandbox, host: { storage }, log }: {
    readonly engine: DockerEngine;
    readonly sandbox: Sandbox | undefined;
    readonly host: Host;
    readonly log: Log;
  },
): Promise<AllocationDesk> {
  const rental = new ContainerRental({
    ...{ engine, randomBytes, sshPort },
    baseImage: { tag: RENTAL_IMAGE, dockerfile: RENTAL_DOCKERFILE },
    freeMemory: () => Deno.systemMemoryInfo().available,
  });
  // Where there is none the desk says what it costs.
  if (await engine.fault() === undefined) {
    rental.prepare().catch((error: unknown) => log.warn(`nobody can rent yet: ${reasonOf(error)}`));
  }
  const lent = sandbox && new SandboxRental({ sandbox, axonPort: axonExternalPort ?? axonPort });
  return await AllocationDesk.open({
    ...{ clock, wallClock, log, storage, crypto: crypto.subtle },
    rentals: lent ? [rental, lent] : [rental],
    choose: (requirement) => requirement.sandbox ? lent : rental,
    ...{ port: sshPort, version: COMPUTE_VERSION },
  });
}

function notRegistered(hotkey: string, netuid: number): WeftError {
  return new WeftError(
    `hotkey ${hotkey} is not registered on subnet ${netuid}: register it with deno task wallet ` +
      `register --netuid ${netuid}`,
  );
}

/** Where validators find the axon: as the flags say, else as the chain has it. */
async function axonAddress(
  { axonExternalIp, axonExternalPort, axonPort }: MineValues,
  chain: Pick<Chain, "axonOf">,
  netuid: number,
  hotkey: string,
): Promise<AxonAddress> {
  const known = await chain.axonOf(netuid, hotkey);
  const ip = axonExternalIp ?? known?.ip;
  if (ip === undefined) {
    throw new UsageError(
      "--axon.external_ip: nobody knows yet where validators reach this machine: give its address " +
        "as it is seen from outside",
    );
  }
  const { ipType } = parseIp(ip);
  const port = axonExternalPort ?? axonPort;
  return { version: COMPUTE_VERSION, ip, port, ipType, protocol: AXON_PROTOCOL };
}

function tell(
  { values, screen }: Context,
  { address: { ip, port }, uid, netuid, signer }: {
    readonly address: AxonAddress;
    readonly uid: number;
    readonly netuid: number;
    readonly signer: Signer;
    readonly log: Log;
  },
): void {
  if (values.json) {
    screen.printJson({ kind: "serving", ip, port, uid, netuid, hotkey: signer.address });
  } else {
    screen.print(`axon          ${ip}:${port}`);
    screen.print(`hotkey        ${signer.address}, uid ${uid} of subnet ${netuid}`);
  }
}

function show(event: ChallengeEvent, { values, screen }: Context): void {
  if (values.json) return screen.printJson({ kind: "challenge", ...event });
  const { hotkey, difficulty, outcome, elapsedMs, waitedMs, rate } = event;
  screen.print(
    `challenge of ${hotkey.slice(0, 8)}: difficulty ${difficulty} ${outcome} in ` +
      `${(elapsedMs / 1000).toFixed(2)} s, ${waitedMs.toFixed(0)} ms of it waiting, ` +
      `${(rate / 1e6).toFixed(1)} MH/s`,
  );
}
