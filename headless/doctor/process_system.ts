/**
 * Doctor's surroundings in this process.
 *
 * @module
 */

import { processClock, processWallClock } from "../deno_host.ts";
import { processWalletSystem } from "../wallet/process_system.ts";
import type { WalletSystem } from "../wallet/system.ts";
import type { DoctorSystem, FileState, HeldPort, PortFault } from "./system.ts";

/** This process's wallets, clocks, files and network. */
export function processDoctorSystem(): DoctorSystem {
  return { ...processWalletSystem(), ...denoParts };
}

/** What doctor has beyond the wallet's surroundings. */
export const denoParts: Omit<DoctorSystem, keyof WalletSystem> = {
  clock: processClock,
  wallClock: processWallClock,
  userId: () => Deno.uid() ?? undefined,
  stat,
  readFile: (path) => Deno.readFile(path),
  fetch: (url, init) => fetch(url, init),
  holdPort,
  connects,
};

const PERMISSION_BITS = 0o777;

async function stat(path: string): Promise<FileState> {
  try {
    const { isFile, isDirectory, mode, uid } = await Deno.stat(path);
    return {
      kind: isFile ? "file" : isDirectory ? "folder" : "other",
      ...mode === null ? {} : { mode: mode & PERMISSION_BITS },
      ...uid === null ? {} : { ownerId: uid },
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return { kind: "missing" };
    }
    if (error instanceof Deno.errors.PermissionDenied) return { kind: "hidden" };
    throw error;
  }
}

function holdPort(hostname: string, port: number): HeldPort | PortFault {
  try {
    const listener = Deno.listen({ hostname, port });
    return { reached: firstConnection(listener), close: () => listener.close() };
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "inUse";
    if (error instanceof Deno.errors.PermissionDenied) return "denied";
    if (error instanceof Deno.errors.AddrNotAvailable) return "notHere";
    throw error;
  }
}

/** Later ones are taken and closed too, so that none waits for an answer. */
function firstConnection(listener: Deno.Listener): Promise<void> {
  return new Promise((resolve) => {
    (async () => {
      for await (const connection of listener) {
        connection.close();
        resolve();
      }
    })().catch(() => {/* The port was given up. */});
  });
}

async function connects(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    // The system has a name for each way in which a connection fails; all of them mean no.
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
