/**
 * What doctor finds around it, so that tests can hand in clocks, files and networks.
 *
 * @module
 */

import type { Clock, WallClock } from "../../core/host.ts";
import type { WalletSystem } from "../wallet/system.ts";

/** What lies at a path; a link counts as what it leads to. */
export interface FileState {
  /** `hidden` is what the system does not let us see. */
  readonly kind: "missing" | "hidden" | "file" | "folder" | "other";
  /** The permissions of user, group and others, in nine bits; undefined where there are none. */
  readonly mode?: number;
  /** The number of the user it belongs to, where users have one. */
  readonly ownerId?: number;
}

/** A port of this machine that doctor holds. */
export interface HeldPort {
  /** Resolves once somebody has connected to it. */
  readonly reached: Promise<void>;
  close(): void;
}

/** Why a port cannot be held: in use, not allowed, or the address is not this machine's. */
export type PortFault = "inUse" | "denied" | "notHere";

/** The surroundings of doctor. */
export interface DoctorSystem extends WalletSystem {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  /** The number of the user who runs this, where users have one. */
  userId(): number | undefined;
  stat(path: string): Promise<FileState>;
  /** Rejects if it cannot be read. */
  readFile(path: string): Promise<Uint8Array>;
  /** As the platform's own. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Listens on a port. */
  holdPort(ip: string, port: number): HeldPort | PortFault;
  /** Whether a connection was taken there; it is closed at once. */
  connects(ip: string, port: number): Promise<boolean>;
}
