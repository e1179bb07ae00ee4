/**
 * `deno task validate compute list`: what is rented, and whether it is still there.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../command.ts";
import type { KeptAllocation } from "../../sqlite_allocations.ts";
import { tableLines } from "../../text_table.ts";
import type { ValidateSystem } from "../system.ts";
import { RENTER_FLAGS, type RenterSession, withRenterSession } from "./renter_session.ts";

const DAY_MS = 86_400_000;

type Context = CommandContext<typeof RENTER_FLAGS>;

/** The command, in these surroundings. */
export function listCommand(system: ValidateSystem): Command<typeof RENTER_FLAGS> {
  return {
    name: "compute list",
    summary: "Shows the machines that are rented, and asks each miner whether it still lends it.",
    flags: RENTER_FLAGS,
    run: (context) => withRenterSession(system, context, (session) => list(context, session)),
  };
}

async function list(context: Context, session: RenterSession): Promise<number> {
  const { screen, values, signal } = context;
  const kept = session.allocations.list();
  if (kept.length === 0) {
    screen.message("Nothing is rented: deno task validate compute allocate rents a machine.");
  }
  const rows = await Promise.all(kept.map(async (allocation) => ({
    allocation,
    state: await stateOf(session, allocation, signal),
  })));
  // Not the password: a list is shown to others.
  for (const { allocation: { hotkey, details }, state } of values.json ? rows : []) {
    const { ip, port, username, resource } = details;
    const uid = uidOf(session, hotkey) ?? null;
    screen.printJson({ kind: "allocation", uid, hotkey, ip, port, username, resource, state });
  }
  if (values.json || rows.length === 0) return 0;
  const columns = ["uid", "hotkey", "enter", "resource", "until", "state"].map((title) => ({
    title,
  }));
  const cells = rows.map(({ allocation, state }) => [
    `${uidOf(session, allocation.hotkey) ?? "?"}`,
    ...[...cellsOf(allocation), state],
  ]);
  screen.print(tableLines(columns, cells, screen.columns).join("\n"));
  return 0;
}

async function stateOf(
  session: RenterSession,
  { hotkey, details: { regkey } }: KeptAllocation,
  signal: AbortSignal,
): Promise<string> {
  try {
    const isLent = await session.renter.isLent(session.target(hotkey), regkey, signal);
    return isLent ? "runs" : "is over, or paused";
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    return "does not answer";
  }
}

/** Undefined if it serves no axon any more. */
function uidOf({ targets }: RenterSession, hotkey: string): number | undefined {
  return targets.find((target) => target.hotkey === hotkey)?.uid;
}

function cellsOf({ hotkey, details }: KeptAllocation): string[] {
  const { username, ip, port, resource, rented_unix_ms: rentedMs, days } = details;
  const until = rentedMs === undefined || days === undefined
    ? "?"
    : new Date(rentedMs + days * DAY_MS).toISOString().slice(0, 16).replace("T", " ");
  return [hotkey, `${username}@${ip}:${port}`, resource || "?", until];
}
