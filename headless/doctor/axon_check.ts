/**
 * The axon's port: whether this machine can listen there, and then whether the address outside leads
 * to it.
 *
 * @module
 */

import { type Answerer, whoAnswers } from "./axon_probe.ts";
import { type Check, fail, type Finding, findingsOf, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { hostPort, ipKind } from "./ip_kind.ts";
import { OUTSIDE, outsideFindings } from "./outside_address.ts";
import { isAxonPort, PORT_RANGE } from "./axon_port_range.ts";
import type { HeldPort, PortFault } from "./system.ts";

const SUBJECT = "axon port";
const ANSWER_LIMIT_MS = 5_000;

/** Holds the port while both are looked at: what arrives at it came by the address outside. */
export const axonCheck: Check = {
  name: SUBJECT,
  async run(context): Promise<Finding[]> {
    const { axonIp, axonPort } = context.settings.values;
    if (!isAxonPort(axonPort)) {
      const message = `${axonPort} is a port that Bittensor's axons may not have`;
      return [fail(SUBJECT, message, `Choose --axon.port ${PORT_RANGE}.`)];
    }
    const held = context.system.holdPort(axonIp, axonPort);
    try {
      const [port, outside] = await Promise.all([
        portFinding(context, held),
        findingsOf(OUTSIDE, () => outsideFindings(context, held)),
      ]);
      return [port, ...outside];
    } finally {
      if (typeof held !== "string") held.close();
    }
  },
};

async function portFinding(
  { settings: { values: { axonIp, axonPort } }, system }: CheckContext,
  held: HeldPort | PortFault,
): Promise<Finding> {
  switch (held) {
    case "denied":
      return fail(
        SUBJECT,
        `this user may not listen on ${hostPort(axonIp, axonPort)}`,
        "Choose another --axon.port, or let Weft listen there.",
      );
    case "notHere":
      return fail(
        SUBJECT,
        `--axon.ip is ${axonIp}, which is no address of this machine`,
        "Leave --axon.ip out to listen on all; the address that validators dial is " +
          "--axon.external_ip.",
      );
    case "inUse":
      return taken(
        axonPort,
        await whoAnswers(system, localIp(axonIp), axonPort, ANSWER_LIMIT_MS),
      );
    default:
      return ok(SUBJECT, `${axonPort} is free to listen on`);
  }
}

function taken(port: number, answerer: Answerer): Finding {
  const advice = "Stop what holds it, or choose another --axon.port.";
  switch (answerer) {
    case "axon":
      return ok(SUBJECT, `an axon listens on ${port} already`);
    case "other":
      return fail(SUBJECT, `${port} is taken by a program that is no axon`, advice);
    case "silent":
      return warning(SUBJECT, `${port} is taken by a program that does not answer`, advice);
  }
}

/** Where on this machine to find what listens at an address. */
function localIp(ip: string): string {
  if (ipKind(ip) !== "none") return ip;
  return ip.includes(":") ? "::1" : "127.0.0.1";
}
