/**
 * A client of the Docker Engine, as far as lending a container needs it.
 *
 * Source: Docker Engine API v1.43, https://docs.docker.com/reference/api/engine/version/v1.43/.
 *
 * @module
 */

import * as v from "valibot";
import type {
  CommandResult,
  ContainerEngine,
  ContainerSpec,
  ContainerState,
} from "../../core/compute/allocation/container_rental.ts";
import { WeftError } from "../../core/errors.ts";
import type { Clock } from "../../core/host.ts";
import { encode, EngineClient, failure, oneLine, parsed, readAnswer } from "./engine_client.ts";
import { stdoutOf } from "./exec_output.ts";
import { buildContext } from "./image.ts";
import type { SocketHttp } from "./unix_http.ts";

/** Where Docker listens unless told otherwise. */
export const DOCKER_SOCKET = "/var/run/docker.sock";

const COMMAND_MS = 20_000;
/** Some GB come over the network. */
const BUILD_MS = 60 * 60_000;
/** What a container has to end by itself. */
const GRACE_S = 5;
const MAX_BUILD_BYTES = 64 * 1024 ** 2;
const JSON_TYPE = { "content-type": "application/json" };

const Info = v.object({
  OSType: v.string(),
  NCPU: v.number(),
  MemTotal: v.number(),
  ServerVersion: v.string(),
});
const Inspected = v.object({ State: v.object({ Running: v.boolean(), Paused: v.boolean() }) });
const Created = v.object({ Id: v.pipe(v.string(), v.regex(/^[0-9a-f]{12,64}$/)) });
const Executed = v.object({ Running: v.boolean(), ExitCode: v.nullable(v.number()) });
const BuildLine = v.object({ error: v.optional(v.string()) });

/** What an engine tells of its machine. */
export interface EngineInfo {
  readonly version: string;
  readonly os: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
}

/** See the module. */
export class DockerEngine implements ContainerEngine {
  readonly #client: EngineClient;

  constructor(http: SocketHttp, clock: Clock) {
    this.#client = new EngineClient(http, clock);
  }

  async fault(): Promise<string | undefined> {
    try {
      this.#client.forgetVersion();
      await this.ping();
      const { os } = await this.info();
      return os === "linux" ? undefined : `Docker runs containers of ${os} here, not of Linux`;
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      return `Docker cannot be used: ${error.message}; install it, start it, and let this user ` +
        "reach its socket (group docker)";
    }
  }

  /** Whether it answers. @throws {WeftError} if it does not */
  async ping(): Promise<void> {
    await this.#client.ask({
      method: "GET",
      target: "/_ping",
      what: "say that it is there",
      good: [200],
    });
  }

  async info(): Promise<EngineInfo> {
    const info = await this.#client.read(Info, {
      ...{ method: "GET", target: "/info", what: "tell of its machine", good: [200] },
    });
    const { OSType: os, NCPU: cpuCount, MemTotal: memoryBytes, ServerVersion: version } = info;
    return { os, cpuCount, memoryBytes, version };
  }

  async hasImage(tag: string): Promise<boolean> {
    const { status } = await this.#client.call({
      ...{ method: "GET", target: `/images/${encodeURIComponent(tag)}/json` },
      ...{ what: `look for the image ${tag}`, good: [200, 404], maxBytes: MAX_BUILD_BYTES },
    });
    return status === 200;
  }

  async buildImage(tag: string, dockerfile: string): Promise<void> {
    const what = `build the image ${tag}`;
    const { bytes } = await this.#client.call({
      ...{ method: "POST", target: `/build?t=${encodeURIComponent(tag)}&rm=1&forcerm=1` },
      headers: { "content-type": "application/x-tar" },
      body: buildContext(dockerfile),
      ...{ what, good: [200], limitMs: BUILD_MS, maxBytes: MAX_BUILD_BYTES },
    });
    // A build that fails has status 200 too: what went wrong is one of the lines.
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      const { error } = v.is(BuildLine, parsed(line)) ? v.parse(BuildLine, parsed(line)) : {};
      if (error !== undefined) throw failure(what, oneLine(error));
    }
    if (!await this.hasImage(tag)) throw failure(what, "its answer ended before the image");
  }

  async removeImage(tag: string): Promise<void> {
    await this.#client.call({
      ...{ method: "DELETE", target: `/images/${encodeURIComponent(tag)}?force=1` },
      ...{ what: `remove the image ${tag}`, good: [200, 404], limitMs: COMMAND_MS },
    });
  }

  async run(name: string, spec: ContainerSpec): Promise<void> {
    const what = `create the container ${name}`;
    const { Id } = await this.#client.read(Created, {
      ...{ method: "POST", target: `/containers/create?name=${name}`, headers: JSON_TYPE },
      ...{ body: encode(createBody(spec)), what, good: [201], limitMs: COMMAND_MS },
    });
    await this.#act(Id, "start", `start the container ${name}`);
  }

  async stateOf(name: string): Promise<ContainerState | undefined> {
    const wish = {
      ...{ method: "GET", target: `/containers/${name}/json`, good: [200, 404] } as const,
      what: `look at the container ${name}`,
    };
    const { status, bytes } = await this.#client.call(wish);
    if (status === 404) return undefined;
    const { State: { Running, Paused } } = readAnswer(Inspected, wish, bytes);
    return Paused ? "paused" : Running ? "running" : "stopped";
  }

  async execute(
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<CommandResult> {
    const what = `run a command in the container ${name}`;
    const { Id } = await this.#client.read(Created, {
      ...{ method: "POST", target: `/containers/${name}/exec`, headers: JSON_TYPE },
      body: encode({
        ...{ AttachStdout: true, AttachStderr: true, Tty: false, Cmd: command },
        Env: Object.entries(environment).map(([key, value]) => `${key}=${value}`),
      }),
      ...{ what, good: [201] },
    });
    const { bytes } = await this.#client.call({
      ...{ method: "POST", target: `/exec/${Id}/start`, headers: JSON_TYPE },
      body: encode({ Detach: false, Tty: false }),
      ...{ what, good: [200], limitMs: COMMAND_MS },
    });
    const output = stdoutOf(bytes);
    const { Running, ExitCode } = await this.#client.read(Executed, {
      ...{ method: "GET", target: `/exec/${Id}/json`, what, good: [200] },
    });
    if (Running || ExitCode === null) throw failure(what, "it has not ended");
    return { exitCode: ExitCode, output };
  }

  async restart(name: string): Promise<void> {
    await this.#act(name, `restart?t=${GRACE_S}`, `restart the container ${name}`);
  }

  async pause(name: string): Promise<void> {
    await this.#act(name, "pause", `pause the container ${name}`);
  }

  async unpause(name: string): Promise<void> {
    await this.#act(name, "unpause", `resume the container ${name}`);
  }

  async stop(name: string): Promise<void> {
    await this.#act(name, `stop?t=${GRACE_S}`, `stop the container ${name}`, [304, 404]);
  }

  async remove(name: string): Promise<void> {
    // What does not stop in peace, as a paused container, is killed with its removal.
    await this.stop(name).catch(() => {});
    await this.#client.call({
      ...{ method: "DELETE", target: `/containers/${name}?force=1&v=1`, good: [204, 404] },
      ...{ what: `remove the container ${name}`, limitMs: COMMAND_MS },
    });
  }

  async #act(
    container: string,
    action: string,
    what: string,
    alsoGood: readonly number[] = [304],
  ): Promise<void> {
    await this.#client.call({
      ...{ method: "POST", target: `/containers/${container}/${action}` },
      ...{ what, good: [204, ...alsoGood], limitMs: COMMAND_MS },
    });
  }
}

/** Its processes' zombies are reaped, and it comes back after a crash, as with the reference. */
function createBody({ image, sshPort, sharedMemoryBytes }: ContainerSpec): unknown {
  return {
    Image: image,
    Env: ["NVIDIA_VISIBLE_DEVICES=all"],
    ExposedPorts: { "22/tcp": {} },
    HostConfig: {
      DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }],
      PortBindings: { "22/tcp": [{ HostPort: `${sshPort}` }] },
      Init: true,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
      ...sharedMemoryBytes !== undefined && { ShmSize: sharedMemoryBytes },
    },
  };
}
