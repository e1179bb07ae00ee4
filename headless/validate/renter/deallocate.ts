/**
 * `deno task validate compute deallocate`: gives a rented machine back.
 *
 * @module
 */

import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../command.ts";
import { toggle } from "../../flags.ts";
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
  const { hotkey, force } = values;
  if (hotkey === undefined) throw new UsageError("--hotkey says which machine to give back");
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
      `${hotkey} knows no such reservation: it may be over; --force forgets it here`,
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
