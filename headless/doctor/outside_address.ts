/**
 * Whether the address that validators dial leads to this machine, as far as it can tell by dialling
 * itself. Nobody else's service is asked.
 *
 * @module
 */

import type { Clock } from "../../core/host.ts";
import { isAxonPort, PORT_RANGE } from "./axon_port_range.ts";
import { whoAnswers } from "./axon_probe.ts";
import { fail, type Finding, NotKnownError, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { hostPort, whyNotDialled } from "./ip_kind.ts";
import { needsAxon } from "./subnets.ts";
import type { HeldPort, PortFault } from "./system.ts";
import { TimeIsUpError, within } from "./time_limit.ts";

/** The subject of what is found. */
export const OUTSIDE = "axon outside";

/** A connection across the world takes less. */
const CONNECT_LIMIT_MS = 5_000;
/** A connection that comes back to this machine has come by the time that it stands. */
const ARRIVAL_LIMIT_MS = 1_000;

/** An address that validators dial. */
interface Address {
  readonly ip: string;
  readonly port: number;
}

/**
 * Dials the address of the flags, or else those that the chain publishes.
 *
 * @param held the axon's port
 * @throws {NotKnownError} if no address is known
 */
export async function outsideFindings(
  context: CheckContext,
  held: HeldPort | PortFault,
): Promise<Finding[]> {
  const { axonExternalIp, axonExternalPort, axonPort } = context.settings.values;
  if (axonExternalIp !== undefined) {
    const address = { ip: axonExternalIp, port: axonExternalPort ?? axonPort };
    return [badFlags(context, address) ?? await dial(context, held, address)];
  }
  const axons = await context.axons();
  const published = axons.flatMap(({ axon }) => axon ? [axon] : []);
  if (published.length === 0 && await isNeeded(context)) {
    throw new NotKnownError(
      "neither --axon.external_ip nor the chain names this machine's address",
    );
  }
  const { isLocalChain } = context.settings;
  // What nobody can dial is reported where the chain's axons are.
  const dialled = published.filter(({ ip }) => whyNotDialled(ip, isLocalChain) === undefined);
  const addresses = new Map(dialled.map((axon) => [hostPort(axon.ip, axon.port), axon]));
  return await Promise.all([...addresses.values()].map((each) => dial(context, held, each)));
}

/** Not on subnets whose miners nobody dials. */
async function isNeeded(context: CheckContext): Promise<boolean> {
  const netuids = (await context.registrations()).map(({ netuid }) => netuid);
  return netuids.length === 0 || netuids.some(needsAxon);
}

/** What is wrong with the flags' address before anyone dials it. */
function badFlags(
  { settings: { isLocalChain } }: CheckContext,
  { ip, port }: Address,
): Finding | undefined {
  const fault = whyNotDialled(ip, isLocalChain);
  if (fault !== undefined) {
    return fail(
      OUTSIDE,
      `--axon.external_ip is ${ip}, ${fault}`,
      "Name the public address of this machine or its router.",
    );
  }
  if (isAxonPort(port)) return undefined;
  const message = `${port} is a port that Bittensor's axons may not have`;
  return fail(OUTSIDE, message, `Choose --axon.external_port ${PORT_RANGE}.`);
}

async function dial(
  { system }: CheckContext,
  held: HeldPort | PortFault,
  { ip, port }: Address,
): Promise<Finding> {
  if (held === "denied" || held === "notHere") {
    throw new NotKnownError("nothing can listen on the axon's port");
  }
  const address = hostPort(ip, port);
  if (!await inTime(system.clock, CONNECT_LIMIT_MS, system.connects(ip, port))) {
    return notConnected(address);
  }
  if (held === "inUse") {
    const answerer = await whoAnswers(system, ip, port, CONNECT_LIMIT_MS);
    return answerer === "axon" ? ok(OUTSIDE, `an axon answers at ${address}`) : elsewhere(address);
  }
  const arrived = held.reached.then(() => true);
  return await inTime(system.clock, ARRIVAL_LIMIT_MS, arrived)
    ? ok(OUTSIDE, `${address} leads to this machine`)
    : elsewhere(address);
}

function notConnected(address: string): Finding {
  return warning(
    OUTSIDE,
    `${address} takes no connection from here; others may get one all the same, since many ` +
      "routers do not lead a machine back to itself",
    "See that the port is open and leads here, start the miner, and try from another machine:",
    `curl -m 5 http://${address}/`,
  );
}

function elsewhere(address: string): Finding {
  return warning(
    OUTSIDE,
    `something answers at ${address}, but it is not this machine's axon`,
    "See where the router leads this port. From inside, it may be the router itself.",
  );
}

async function inTime(clock: Clock, limitMs: number, work: Promise<boolean>): Promise<boolean> {
  try {
    return await within(clock, limitMs, work);
  } catch (error) {
    if (error instanceof TimeIsUpError) return false;
    throw error;
  }
}
