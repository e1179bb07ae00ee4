/**
 * `deno task validate compute allocate`: rents a machine.
 *
 * @module
 */

import { resolve } from "node:path";
import { readRequirement } from "../../../core/compute/allocation/requirements.ts";
import type { RentalWish, RentedAccess } from "../../../core/compute/renter/renter.ts";
import { orderCandidates } from "../../../core/compute/validator/load_balancing.ts";
import { capacityOf, gpuText } from "../../../core/compute/validator/miner_specs.ts";
import type { MinerTarget } from "../../../core/compute/validator/targets.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../command.ts";
import { integer, text, toggle } from "../../flags.ts";
import { newRenterKey } from "../renter_key.ts";
import type { ValidateSystem } from "../system.ts";
import { imageCommands } from "./image_commands.ts";
import {
  minerFlag,
  RENTER_FLAGS,
  type RenterSession,
  withRenterSession,
} from "./renter_session.ts";
import { parseRequirement, USUAL_REQUIREMENT } from "./requirement_flag.ts";

const FLAGS = {
  ...RENTER_FLAGS,
  hotkey: minerFlag("The miner to rent from; without it every one that fits is asked."),
  requirement: text({
    name: "requirement",
    placeholder: "JSON",
    default: undefined,
    defaultText: "a processor, a GiB of memory and one of disk",
    description: "What the machine must have, as JSON or as the Python dict of the guides.",
  }),
  timeline: integer({
    name: "timeline",
    min: 1,
    max: 3650,
    default: 30,
    description: "Days for which it is rented.",
  }),
  sshKey: text({
    name: "ssh-key",
    placeholder: "FILE",
    default: undefined,
    defaultText: "none, the password alone",
    description: "Public key that lets one in.",
  }),
  dockerfile: text({
    name: "dockerfile",
    placeholder: "FILE",
    default: undefined,
    defaultText: "none",
    description: "What is to be done to the miner's image: a shell command, or lines of a " +
      "Dockerfile without FROM.",
  }),
  sandbox: toggle({
    name: "sandbox",
    default: false,
    description: "Rents a sandbox for WGSL jobs in place of a container.",
  }),
} as const;

/** Many miners may refuse for the same reason. */
const SHOWN_FAULTS = 5;

type Context = CommandContext<typeof FLAGS>;

/** The command, in these surroundings. */
export function allocateCommand(system: ValidateSystem): Command<typeof FLAGS> {
  return {
    name: "compute allocate",
    summary:
      "Rents a machine of a miner. Of several, those that are known to fit are asked first, and of those who were " +
      "rented from longest ago. " +
      "How to get in is printed, and kept in the database.",
    flags: FLAGS,
    run: (context) =>
      withRenterSession(system, context, (session) => allocate(system, context, session)),
  };
}

async function allocate(
  system: ValidateSystem,
  context: Context,
  session: RenterSession,
): Promise<number> {
  const { values, screen, signal } = context;
  const wish = await wishOf(values, system.userFolder());
  const asked = values.hotkey === undefined
    ? await candidates(session, wish)
    : [chosen(session, values.hotkey)];
  if (asked.length === 0) {
    throw new WeftError("no miner that serves an axon has what is wanted: ask for less");
  }
  screen.status(`asking ${asked.length} miners`);
  const { free, faults } = await session.renter.ask(asked, wish, signal);
  screen.endStatus();
  for (const fault of faults.slice(0, SHOWN_FAULTS)) screen.message(`warning: ${fault}`);
  for (const target of free) {
    const key = await newRenterKey();
    // Kept before it is known how it went: what may be rented can be given back.
    const kept = { rented_unix_ms: session.unixMs(), days: wish.days, regkey: key.pem };
    const nothing = { username: "", password: "", port: 0, resource: "" };
    if (!session.allocations.reserve(target.hotkey, { ...nothing, ...kept, ip: target.ip })) {
      continue;
    }
    const access = await session.renter.rent(target, wish, key);
    if (access === undefined) {
      session.allocations.forget(target.hotkey, key.pem);
      continue;
    }
    const resource = await resourceOf(session, target.hotkey);
    const details = { ...kept, ...access, ip: target.ip, resource };
    session.allocations.confirm(target.hotkey, details, session.unixMs());
    tell(context, target, access, resource);
    return 0;
  }
  throw new WeftError(
    `none of ${asked.length} miners lends ${values.sandbox ? "a sandbox" : "a machine"} now: ` +
      "they are taken, lack what is wanted, or have no Docker",
  );
}

function chosen(session: RenterSession, hotkey: string): MinerTarget {
  if (session.allocations.of(hotkey) !== undefined) {
    throw new UsageError(
      `--hotkey: ${hotkey} is rented already: give it back with deno task validate compute ` +
        "deallocate first",
    );
  }
  return session.target(hotkey);
}

/** Miners that may fit, in the order in which load spreads. */
async function candidates(
  { targets, book, allocations }: RenterSession,
  { requirement }: RentalWish,
): Promise<MinerTarget[]> {
  const rented = new Set(allocations.list().map(({ hotkey }) => hotkey));
  const [history, scores] = [allocations.history(), await book.scores()];
  const known = await Promise.all(
    targets.filter(({ hotkey }) => !rented.has(hotkey)).map(async (target) => {
      const specs = await book.specsOf(target.hotkey);
      return {
        ...target,
        specs: specs && capacityOf(specs),
        ...{ score: scores.get(target.hotkey) ?? 0, isAllocated: false },
        ...history.get(target.hotkey) ?? { allocations: 0, lastAllocatedMs: undefined },
      };
    }),
  );
  return orderCandidates(known, readRequirement(requirement));
}

async function wishOf(values: Context["values"], folder: string): Promise<RentalWish> {
  const { requirement, timeline: days, sandbox } = values;
  const wanted = requirement === undefined ? USUAL_REQUIREMENT : parseRequirement(requirement);
  return {
    requirement: sandbox ? { ...wanted, sandbox: true } : wanted,
    days,
    sshKey: await fileText("--ssh-key", values.sshKey, folder),
    dockerfile: imageCommands(await fileText("--dockerfile", values.dockerfile, folder)),
  };
}

async function fileText(flag: string, name: string | undefined, folder: string): Promise<string> {
  if (name === undefined) return "";
  try {
    return (await Deno.readTextFile(resolve(folder, name))).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new UsageError(`${flag} ${name} cannot be read: ${reason}`, { cause: error });
  }
}

async function resourceOf({ book }: RenterSession, hotkey: string): Promise<string> {
  const specs = await book.specsOf(hotkey);
  return specs ? gpuText(specs) : "";
}

function tell(
  { values, screen }: Context,
  { hotkey, uid, ip }: MinerTarget,
  { username, password, port }: RentedAccess,
  resource: string,
): void {
  const { sandbox, timeline: days } = values;
  if (values.json) {
    return screen.printJson({
      ...{ kind: "allocated", hotkey, uid, ip, port, username, password, resource, days, sandbox },
    });
  }
  screen.print(`rented    uid ${uid}, ${hotkey}, for ${days} days`);
  if (resource !== "") screen.print(`resource  ${resource}`);
  if (sandbox) {
    screen.print(`jobs      deno task validate compute job FILE --hotkey ${hotkey}`);
  } else {
    screen.print(`enter     ssh ${username}@${ip} -p ${port}`);
    screen.print(`password  ${password}`);
  }
  screen.print(`give back deno task validate compute deallocate --hotkey ${hotkey}`);
}
