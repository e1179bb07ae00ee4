/**
 * Answers Allocate: lends the machine to one renter at a time, tells whether it is lent, changes
 * what is lent, and takes it back when asked to or when the time is over.
 *
 * Safer than the reference: only who has rented may free or change a rental, nobody can take it over
 * while it runs, and what a crash leaves behind is undone.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `allocate` of `neurons/miner.py` and
 * `neurons/Miner/allocate.py`.
 *
 * @module
 */

import { base64Encode } from "@polkadot/util-crypto/base64";
import { WeftError } from "../../errors.ts";
import type { Clock, Storage, WallClock } from "../../host.ts";
import type { AxonCall, AxonRoute } from "../axon/axon.ts";
import type { FieldsOf } from "../synapse/synapse.ts";
import { ALLOCATE } from "../synapse/synapses.ts";
import { daysOf, keyChangeOf, orderOf } from "./allocate_fields.ts";
import { type Allocation, AllocationBook } from "./allocation_record.ts";
import type { Rental } from "./rental.ts";
import { reasonOf, RentalChoice, type RentalChoiceOptions } from "./rental_choice.ts";
import { plainPem, readRentalKey, type WebCrypto } from "./rental_key.ts";
import { readRequirement } from "./requirements.ts";

/** Between two looks at the time of day, which may be set. */
const LOOK_MS = 60_000;

/** What a desk is made of. */
export interface AllocationDeskOptions extends RentalChoiceOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly crypto: WebCrypto;
  /** Where a renter reaches the machine; every answer tells it. */
  readonly port: number;
  /** `100a + 10b + c` for the compute network's a.b.c, which a renter is told. */
  readonly version: number;
  /** As the reference: the public key alone shows who may free or change. @default {false} */
  readonly keyIsEnough?: boolean;
  /** Gets who rents from now on, undefined if nobody does. */
  readonly onChange?: (hotkey: string | undefined) => void;
}

/** An answer but for the port. */
interface Answer {
  readonly status: boolean;
  /** Base64 of the encrypted access. */
  readonly info?: string;
}

type Call = AxonCall<typeof ALLOCATE>;

/** See the module. */
export class AllocationDesk {
  /** What may have been left running by an earlier process. */
  readonly #unclean: Set<Rental>;
  readonly #choice: RentalChoice;
  #isAllocating = false;
  /** Ends when all changes so far are done: there is one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(readonly options: AllocationDeskOptions, readonly book: AllocationBook) {
    this.#choice = new RentalChoice(options);
    this.#unclean = new Set(options.rentals.filter(({ name }) => name !== book.current?.rental));
  }

  /**
   * Reads what was kept, and undoes what is over or was not finished.
   *
   * @throws {WeftError} if what is kept cannot be read
   */
  static async open(options: AllocationDeskOptions): Promise<AllocationDesk> {
    const book = await AllocationBook.open(options);
    if (book.isDamaged) {
      options.log.warn("the kept allocation is damaged: nobody rents from now on");
    }
    const desk = new AllocationDesk(options, book);
    await desk.tidy();
    const { current } = book;
    if (current) {
      desk.#choice.named(current.rental)?.resume?.(current.hotkey, current.isPaused);
      options.onChange?.(current.hotkey);
    }
    return desk;
  }

  /** The current rental. */
  get current(): Allocation | undefined {
    return this.book.current;
  }

  /** Whether a hotkey holds a rental of that name now, and has not paused it. */
  mayUse(rental: string, hotkey: string): boolean {
    const { current } = this;
    return current?.stage === "rented" && !current.isPaused && !this.#isStale &&
      current.rental === rental && current.hotkey === hotkey;
  }

  /** Answers Allocate for an axon. */
  route(
    admission: Pick<AxonRoute<typeof ALLOCATE>, "blacklist" | "priority">,
  ): AxonRoute<typeof ALLOCATE> {
    return { kind: ALLOCATE, forward: (call) => this.answer(call), ...admission };
  }

  /** Fields of the answer; never throws. */
  async answer(call: Call): Promise<FieldsOf<typeof ALLOCATE>> {
    const { port, log } = this.options;
    const { fields } = call.synapse;
    const answer = await this.#answer(call).catch((error): Answer => {
      log.warn(`Allocate of ${call.hotkey}: ${reasonOf(error)}`);
      return { status: false };
    });
    return {
      ...fields,
      docker_requirement: { ...fields.docker_requirement, ssh_port: port },
      output: { ...answer, port },
    };
  }

  /** Takes the machine back in time, until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.tidy();
      const { remainingMs } = this.book;
      await this.options.clock.sleep(
        remainingMs > 0 ? Math.min(remainingMs, LOOK_MS) : LOOK_MS,
        signal,
      );
    }
  }

  /** Undoes what is over, what was not finished, and what is left of earlier; never throws. */
  async tidy(): Promise<void> {
    await this.#alone(async () => {
      for (const rental of this.#unclean) {
        if (await this.#choice.isEnded(rental, () => rental.stop())) this.#unclean.delete(rental);
      }
      const rental = this.#choice.named(this.current?.rental);
      if (this.#isStale) await this.#choice.isEnded(rental, () => this.#end());
    });
  }

  #answer(call: Call): Promise<Answer> {
    const { fields } = call.synapse;
    if (fields.checking) {
      return fields.timeline > 0 ? this.#checkFree(call) : this.#checkHeld(fields.public_key);
    }
    if (fields.docker_change) return this.#alone(() => this.#change(call));
    return fields.timeline > 0 ? this.#allocate(call) : this.#alone(() => this.#free(call));
  }

  async #checkFree({ synapse: { fields } }: Call): Promise<Answer> {
    if (this.#isAllocating) return { status: false };
    daysOf(fields.timeline);
    const rental = await this.#choice.pick(readRequirement(fields.device_requirement));
    return { status: rental !== undefined && !await this.#isTaken(rental) };
  }

  async #checkHeld(publicKey: string): Promise<Answer> {
    const { current } = this;
    const isHeld = current !== undefined && !this.#isStale && hasKey(current, publicKey);
    return { status: isHeld && (await this.#choice.named(current.rental)?.isRunning() ?? false) };
  }

  async #allocate(call: Call): Promise<Answer> {
    if (this.#isAllocating) throw new WeftError("another allocation is under way");
    this.#isAllocating = true;
    try {
      return await this.#alone(() => this.#rent(call));
    } finally {
      this.#isAllocating = false;
    }
  }

  async #rent({ synapse: { fields }, hotkey, signal }: Call): Promise<Answer> {
    const { crypto, version, log, onChange } = this.options;
    const days = daysOf(fields.timeline);
    const key = await readRentalKey(fields.public_key, crypto);
    const requirement = readRequirement(fields.device_requirement);
    const order = orderOf(fields, { testing: requirement.testing, hotkey });
    const rental = await this.#choice.pick(requirement);
    if (rental === undefined) return { status: false };
    if (await this.#isTaken(rental)) throw new WeftError("the machine is lent to somebody");
    await this.#end();
    await this.book.begin({ rental: rental.name, hotkey, publicKey: key.pem }, days);
    try {
      this.#unclean.delete(rental);
      const { username, password, port } = await rental.start(order);
      const info = await key.encrypt(JSON.stringify({ username, password, port, version }));
      if (signal.aborted) throw new WeftError("who wanted to rent is gone: it is undone");
      await this.book.confirm();
      onChange?.(hotkey);
      log.info(`lent to ${hotkey} for ${days} days${order.testing ? ", as a test" : ""}`);
      return { status: true, info: base64Encode(info) };
    } catch (error) {
      await this.#choice.isEnded(rental, () => this.#end());
      throw error;
    }
  }

  async #free(call: Call): Promise<Answer> {
    this.#checkRenter(call);
    await this.#end();
    this.options.log.info(`freed by ${call.hotkey}`);
    return { status: true };
  }

  async #change(call: Call): Promise<Answer> {
    const { docker_action } = call.synapse.fields;
    const rental = this.#choice.named(this.#checkRenter(call).rental);
    if (rental === undefined) throw new WeftError("what was lent is not known any more");
    switch (docker_action.action) {
      case "exchange_key": {
        const { sshKey, keyType } = keyChangeOf(docker_action);
        await rental.exchangeKey(sshKey, keyType);
        break;
      }
      case "restart":
        await rental.restart();
        await this.book.setPaused(false);
        break;
      case "pause":
        await this.#pause(rental);
        break;
      case "unpause":
      case "resume":
        await rental.unpause();
        await this.book.setPaused(false);
        break;
      default:
        throw new WeftError("the docker_action is unknown");
    }
    return { status: true };
  }

  /** Kept first: what is paused does not run, and must not pass for something that is gone. */
  async #pause(rental: Rental): Promise<void> {
    const { isPaused = false } = this.current ?? {};
    await this.book.setPaused(true);
    try {
      await rental.pause();
    } catch (error) {
      await this.book.setPaused(isPaused);
      throw error;
    }
  }

  /** @throws {WeftError} unless it is the renter who asks */
  #checkRenter({ synapse: { fields }, hotkey }: Call): Allocation {
    const { current } = this;
    if (current === undefined || this.#isStale) throw new WeftError("nothing is lent");
    if (!hasKey(current, fields.public_key)) throw new WeftError("this is not the renter's key");
    if (this.options.keyIsEnough || current.hotkey === hotkey) return current;
    throw new WeftError("another hotkey has rented, and only that one may free or change it");
  }

  /** A rental that has ended by itself may be replaced; one that cannot be looked at may not. */
  async #isTaken(rental: Rental): Promise<boolean> {
    const { current } = this;
    if (this.#isStale) return false;
    if (current === undefined) return !this.#unclean.has(rental) && await rental.isRunning();
    if (current.isPaused) return true;
    return await this.#choice.named(current.rental)?.isRunning() ?? false;
  }

  /** Ends what is lent; nobody rents then. */
  async #end(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    await this.#choice.named(current.rental)?.stop();
    await this.book.clear();
    if (current.stage === "rented") this.options.onChange?.(undefined);
  }

  get #isStale(): boolean {
    const { current, remainingMs } = this.book;
    return current !== undefined && (current.stage === "starting" || remainingMs <= 0);
  }

  /** Does work when all work before is done. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

function hasKey({ publicKey }: Allocation, offered: string): boolean {
  return plainPem(publicKey) === plainPem(offered);
}
