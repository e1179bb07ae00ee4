/**
 * What a miner lends to others, whatever it is made of: a container, or a sandbox.
 *
 * @module
 */

/** Which of the renter's two keys an exchange replaces. */
export type KeyType = "user" | "terminal";

/** What a renter wants. */
export interface RentalOrder {
  /** Who rents. */
  readonly hotkey: string;
  /** To be tried out, not to be worked with: a validator looks whether the machine is as told. */
  readonly testing: boolean;
  /** A line of `authorized_keys`; empty if there is none. */
  readonly sshKey: string;
  /** What the renter wants done to the image; empty if nothing. */
  readonly dockerfile: string;
}

/** How a renter gets in. The password is a secret: it is neither logged nor kept. */
export interface RentalAccess {
  readonly username: string;
  readonly password: string;
  readonly port: number;
}

/**
 * One way to lend the machine. Its methods throw WeftError where they fail; none waits without
 * bound.
 */
export interface Rental {
  /** By which a restarted process finds it again. */
  readonly name: string;
  /** Why it cannot be lent now, in one line that tells an operator what to do; else undefined. */
  obstacle(): Promise<string | undefined>;
  /** Starts it anew; there is nothing left of an earlier one. */
  start(order: RentalOrder): Promise<RentalAccess>;
  /** Told first by a restarted process, of what still is lent; only what forgets needs it. */
  resume?(hotkey: string, isPaused: boolean): void;
  /** Ends it and removes everything of it; nothing happens if there is nothing. */
  stop(): Promise<void>;
  /** Whether a renter can get in; false while paused. */
  isRunning(): Promise<boolean>;
  exchangeKey(sshKey: string, keyType: KeyType): Promise<void>;
  restart(): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
}
