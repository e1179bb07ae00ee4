/**
 * Lends the GPU as a sandbox for shaders, where a renter asks for that and for no container.
 *
 * The published network knows only containers, so a requirement must ask for a sandbox by name:
 * `device_requirement.sandbox: true`. Whoever does not ask is told that there is no container, as by
 * the published miner. The answer has the published fields; nobody logs in with them.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import type { Rental, RentalAccess, RentalOrder } from "./rental.ts";

/** Name of the rental. */
export const SANDBOX_RENTAL = "sandbox";

/** What a rental of the sandbox is made of. */
export interface SandboxRentalOptions {
  /** Ends all of a tenant; it may begin again if it is allowed to. */
  readonly sandbox: { end(tenant: string, reason?: string): void };
  /** Of the axon, which takes the jobs. */
  readonly axonPort: number;
}

/** See the module. Who may send jobs is the desk's to tell: `AllocationDesk.mayUse`. */
export class SandboxRental implements Rental {
  readonly name = SANDBOX_RENTAL;
  #hotkey: string | undefined;
  #isPaused = false;

  constructor(readonly options: SandboxRentalOptions) {}

  /** Nothing: what runs the jobs is started by the first one, which is told why it cannot be. */
  obstacle(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  /** The user is `sandbox`, without a password; the port is the axon's. */
  async start({ hotkey }: RentalOrder): Promise<RentalAccess> {
    await this.stop();
    this.resume(hotkey, false);
    return { username: SANDBOX_RENTAL, password: "", port: this.options.axonPort };
  }

  resume(hotkey: string, isPaused: boolean): void {
    this.#hotkey = hotkey;
    this.#isPaused = isPaused;
  }

  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async stop(): Promise<void> {
    if (this.#hotkey !== undefined) this.options.sandbox.end(this.#hotkey);
    this.#hotkey = undefined;
    this.#isPaused = false;
  }

  isRunning(): Promise<boolean> {
    return Promise.resolve(this.#hotkey !== undefined && !this.#isPaused);
  }

  /** There is none: jobs are signed by the hotkey. @throws {WeftError} always */
  exchangeKey(): Promise<void> {
    return Promise.reject(
      new WeftError("a sandbox has no SSH keys: jobs are signed by the hotkey that rented"),
    );
  }

  /** Ends the jobs and what runs them; jobs that come later run anew. */
  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async restart(): Promise<void> {
    this.options.sandbox.end(this.#holder(), "the sandbox is restarted");
    this.#isPaused = false;
  }

  /** Ends the jobs; more are refused meanwhile. */
  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async pause(): Promise<void> {
    this.options.sandbox.end(this.#holder(), "the reservation is paused");
    this.#isPaused = true;
  }

  // deno-lint-ignore require-await -- what it throws must come as a rejection
  async unpause(): Promise<void> {
    this.#holder();
    this.#isPaused = false;
  }

  /** @throws {WeftError} if nobody has rented */
  #holder(): string {
    if (this.#hotkey === undefined) throw new WeftError("nobody has rented the sandbox");
    return this.#hotkey;
  }
}
