/**
 * Which way to lend a machine a requirement gets, and what stands in its way, told once.
 *
 * @module
 */

import type { Log } from "../../host.ts";
import type { Rental } from "./rental.ts";
import { type DeviceRequirement, type MachineCapacity, missingOf } from "./requirements.ts";

const COST = "until then nobody can rent a container here, and proof of GPU over SSH scores it 0";
const MAX_LINE_LETTERS = 300;

/** What there is to choose from. */
export interface RentalChoiceOptions {
  readonly log: Log;
  /** All ways to lend, each with a name of its own. */
  readonly rentals: readonly Rental[];
  /** Which of them a requirement gets. @default the first */
  readonly choose?: (requirement: DeviceRequirement) => Rental | undefined;
  /** What the machine has. @default every requirement is met */
  readonly capacity?: () => Promise<MachineCapacity>;
}

/** See the module. */
export class RentalChoice {
  /** What was said last. */
  #said: string | undefined;

  constructor(readonly options: RentalChoiceOptions) {}

  named(name: string | undefined): Rental | undefined {
    return this.options.rentals.find((rental) => rental.name === name);
  }

  /** What a requirement gets now; why it gets nothing is told in the log. */
  async pick(requirement: DeviceRequirement): Promise<Rental | undefined> {
    const { rentals, choose, capacity, log } = this.options;
    const rental = choose ? choose(requirement) : rentals[0];
    if (rental === undefined && requirement.sandbox) {
      log.info("a renter wants a sandbox, which this machine does not lend");
      return undefined;
    }
    if (rental === undefined) {
      this.#sayOnce(`this machine has nothing to lend: ${COST}`);
      return undefined;
    }
    const missing = capacity && missingOf(requirement, await capacity());
    if (missing !== undefined) {
      log.info(`a renter wants more than this machine has: ${missing}`);
      return undefined;
    }
    const obstacle = await rental.obstacle();
    if (obstacle !== undefined) this.#sayOnce(`${obstacle}: ${COST}`);
    else this.#said = undefined;
    return obstacle === undefined ? rental : undefined;
  }

  /** Whether something was ended; why it was not is told in the log. */
  async isEnded(rental: Rental | undefined, end: () => Promise<void>): Promise<boolean> {
    try {
      await end();
      return true;
    } catch (error) {
      const obstacle = await rental?.obstacle().catch(() => undefined);
      this.#sayOnce(
        obstacle === undefined
          ? `what was lent is not ended, it is tried again: ${reasonOf(error)}`
          : `${obstacle}: ${COST}`,
      );
      return false;
    }
  }

  #sayOnce(message: string): void {
    if (this.#said !== message) this.options.log.warn(oneLine(message));
    this.#said = message;
  }
}

/** Why something failed, in one line. */
export function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : `${error}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, MAX_LINE_LETTERS);
}
