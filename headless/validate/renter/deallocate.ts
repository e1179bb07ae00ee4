/**
 * `deno task validate compute deallocate`: gives a rented machine back.
 *
 * @module
 */

import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../command.ts";
import { integer, toggle } from "../../flags.ts";
import type { ValidateSystem } from "../system.ts";
import {
  minerFlag,
  RENTER_FLAGS,
  type RenterSession,
  withRenterSession,
} from "./renter_session.ts";

const FLAGS = {
  ...RENTER_FLAGS,
  hotkey: minerFlag("The miner that it was rented from."),
  uid: integer({
    name: "uid",
    min: 0,
    default: undefined,
    defaultText: "none",
    description: "The miner by its place on the subnet, in place of --hotkey.",
  }),
  force: toggle({
    name: "force",
    default: false,
    description: "Forgets it even if the miner does not say that it has it back.",
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

/** The command, in these surroundings. */
export function deallocateCommand(system: ValidateSystem): Command<typeof FLAGS> {
  return {
    name: "compute deallocate",
    summary: "Gives a rented machine back. It is forgotten here once the miner has said so.",
    flags: FLAGS,
    run: (context) => withRenterSession(system, context, (session) => deallocate(context, session)),
  };
}

async function deallocate({ values, screen }: Context, session: RenterSession): Promise<number> {
  const { force } = values;
  const hotkey = hotkeyOf(values, session);
  const details = session.allocations.of(hotkey);
  if (details === undefined) {
    throw new WeftError(`nothing of ${hotkey} is rented here: see deno task validate compute list`);
  }
  const isBack = await returned(
    session,
    hotkey,
    details.regkey,
    force,
    (line) => screen.message(line),
  );
  if (!isBack && !force) {
    throw new WeftError(
      `${hotkey} says no: the reservation may be over, or its Docker does not answer; ` +
        "--force forgets it here",
    );
  }
  session.allocations.forget(hotkey, details.regkey);
  if (values.json) screen.printJson({ kind: "deallocated", hotkey, confirmed: isBack });
  else screen.print(`${hotkey} ${isBack ? "has the machine back" : "is forgotten here"}`);
  return 0;
}

async function returned(
  session: RenterSession,
  hotkey: string,
  pem: string,
  force: boolean,
  warn: (line: string) => void,
): Promise<boolean> {
  try {
    return await session.renter.giveBack(session.target(hotkey), pem);
  } catch (error) {
    if (!force || !(error instanceof WeftError)) throw error;
    warn(`warning: ${error.message}`);
    return false;
  }
}

/** A uid is of whoever is registered there now: what is rented here of another has to be named. */
function hotkeyOf({ hotkey, uid }: Context["values"], { targets }: RenterSession): string {
  if (hotkey !== undefined && uid !== undefined) {
    throw new UsageError("--hotkey and --uid both name a machine: give one of them");
  }
  if (hotkey !== undefined) return hotkey;
  if (uid === undefined) {
    throw new UsageError("--hotkey or --uid says which machine to give back");
  }
  const found = targets.find((target) => target.uid === uid);
  if (found) return found.hotkey;
  throw new WeftError(`uid ${uid} serves no axon now: name the machine with --hotkey`);
}
