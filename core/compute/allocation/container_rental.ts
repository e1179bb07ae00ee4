/**
 * Lends the machine as a container that a renter enters with SSH.
 *
 * The password and the keys reach the container when it runs, in the environment of one command, so
 * that no image and no build log has them.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/Miner/container.py`.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { RandomBytes } from "../../host.ts";
import type { KeyType, Rental, RentalAccess, RentalOrder } from "./rental.ts";
import { newPassword } from "./rental_key.ts";

/** Names of containers that validators' tools know. */
const NAMES = { working: "ssh-container", testing: "ssh-test-container" };
/** Image of a renter who wants something done to it. */
const OWN_IMAGE = "weft-rental-own";
const USERNAME = "root";
const KEY_FILE = "/root/.ssh/authorized_keys";
/** Of what is free. */
const SHARED_MEMORY_SHARE = 0.9;
/** Lines of the key file, in which each of the renter's keys has its place. */
const KEY_LINES: Readonly<Record<KeyType, number>> = { user: 0, terminal: 1 };

const SET_PASSWORD = `printf '${USERNAME}:%s\\n' "$WEFT_PASSWORD" | chpasswd`;
const SET_KEYS = "umask 077 && mkdir -p /root/.ssh && " +
  `printf '%s\\n' "$WEFT_KEYS" > ${KEY_FILE} && chmod 600 ${KEY_FILE}`;

/** How a container is. */
export type ContainerState = "running" | "paused" | "stopped";

/** How to run a container: with all GPUs, its port 22 on a port of the machine. */
export interface ContainerSpec {
  readonly image: string;
  readonly sshPort: number;
  /** Of /dev/shm; undefined leaves it to the engine. */
  readonly sharedMemoryBytes?: number;
}

/** What a command in a container left. */
export interface CommandResult {
  readonly exitCode: number;
  /** What it wrote to stdout. */
  readonly output: string;
}

/** What runs containers. Its methods throw WeftError where they fail; none waits without bound. */
export interface ContainerEngine {
  /** Why it cannot be used, in one line that tells what to do; undefined if it can. */
  fault(): Promise<string | undefined>;
  hasImage(tag: string): Promise<boolean>;
  buildImage(tag: string, dockerfile: string): Promise<void>;
  /** Nothing happens if there is none. */
  removeImage(tag: string): Promise<void>;
  /** Creates and starts it. */
  run(name: string, spec: ContainerSpec): Promise<void>;
  /** Undefined if there is none of that name. */
  stateOf(name: string): Promise<ContainerState | undefined>;
  execute(
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<CommandResult>;
  restart(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  unpause(name: string): Promise<void>;
  /** Ends and removes it; nothing happens if there is none. */
  remove(name: string): Promise<void>;
}

/** What a rental of containers is made of. */
export interface ContainerRentalOptions {
  readonly engine: ContainerEngine;
  readonly randomBytes: RandomBytes;
  /** Port of the machine on which renters enter. */
  readonly sshPort: number;
  /** An image that serves SSH, and the lines it is built of. */
  readonly baseImage: { readonly tag: string; readonly dockerfile: string };
  /** Bytes; undefined where it cannot be known. */
  readonly freeMemory: () => number | undefined;
}

/** See the module. */
export class ContainerRental implements Rental {
  readonly name = "container";
  #building: Promise<void> | undefined;

  constructor(readonly options: ContainerRentalOptions) {}

  /** Builds the image unless it is there: some GB come over the network. @throws {WeftError} */
  prepare(): Promise<void> {
    this.#building ??= this.#build().finally(() => this.#building = undefined);
    return this.#building;
  }

  async #build(): Promise<void> {
    const { engine, baseImage: { tag, dockerfile } } = this.options;
    if (!await engine.hasImage(tag)) await engine.buildImage(tag, dockerfile);
  }

  async obstacle(): Promise<string | undefined> {
    const { engine, baseImage: { tag } } = this.options;
    const fault = await engine.fault();
    if (fault !== undefined) return fault;
    if (await engine.hasImage(tag)) return undefined;
    return `the image ${tag} is ${this.#building ? "being built" : "not built yet"}`;
  }

  async start({ testing, sshKey, dockerfile }: RentalOrder): Promise<RentalAccess> {
    const { engine, sshPort, randomBytes } = this.options;
    await this.stop();
    const image = await this.#imageFor(dockerfile);
    const name = testing ? NAMES.testing : NAMES.working;
    const sharedMemoryBytes = this.#sharedMemoryBytes();
    await engine.run(name, { image, sshPort, ...sharedMemoryBytes && { sharedMemoryBytes } });
    const password = newPassword(randomBytes);
    await this.#setSecret(name, SET_PASSWORD, { WEFT_PASSWORD: password });
    await this.#setSecret(name, SET_KEYS, { WEFT_KEYS: sshKey });
    return { username: USERNAME, password, port: sshPort };
  }

  async stop(): Promise<void> {
    for (const name of Object.values(NAMES)) await this.options.engine.remove(name);
    // It does no harm where it stays, and must not keep a rental from ending.
    await this.options.engine.removeImage(OWN_IMAGE).catch(() => {});
  }

  async isRunning(): Promise<boolean> {
    for (const name of Object.values(NAMES)) {
      if (await this.options.engine.stateOf(name) === "running") return true;
    }
    return false;
  }

  /** Restarts it too: who is inside with the old key is out then, as with the reference. */
  async exchangeKey(sshKey: string, keyType: KeyType): Promise<void> {
    const { engine } = this.options;
    const name = await this.#current();
    const { exitCode, output } = await engine.execute(name, ["cat", KEY_FILE], {});
    if (exitCode !== 0) throw new WeftError(`${KEY_FILE} of the renter cannot be read`);
    const lines = output.split("\n");
    const keys = [lines[0] ?? "", lines[1] ?? ""];
    keys[KEY_LINES[keyType]] = sshKey;
    await this.#setSecret(name, SET_KEYS, { WEFT_KEYS: keys.join("\n") });
    await engine.restart(name);
  }

  async restart(): Promise<void> {
    await this.options.engine.restart(await this.#current());
  }

  async pause(): Promise<void> {
    await this.options.engine.pause(await this.#current());
  }

  async unpause(): Promise<void> {
    await this.options.engine.unpause(await this.#current());
  }

  /** @throws {WeftError} if there is no container */
  async #current(): Promise<string> {
    for (const name of Object.values(NAMES)) {
      if (await this.options.engine.stateOf(name) !== undefined) return name;
    }
    throw new WeftError("the renter's container is gone");
  }

  async #imageFor(dockerfile: string): Promise<string> {
    const { engine, baseImage: { tag } } = this.options;
    if (dockerfile.trim() === "") return tag;
    await engine.buildImage(OWN_IMAGE, `FROM ${tag}\nRUN ${dockerfile}\n`);
    return OWN_IMAGE;
  }

  #sharedMemoryBytes(): number | undefined {
    const free = this.options.freeMemory();
    return free === undefined ? undefined : Math.floor(free * SHARED_MEMORY_SHARE);
  }

  /** An engine's own words could repeat what it was told, so they are not passed on. */
  async #setSecret(
    name: string,
    script: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<void> {
    const result = await this.options.engine.execute(name, ["sh", "-c", script], environment)
      .catch(() => undefined);
    if (result?.exitCode === 0) return;
    const what = Object.keys(environment).join(", ");
    throw new WeftError(
      `${what} could not be set in the container ${name}: its image has no ` +
        "chpasswd, or the container has ended",
    );
  }
}
