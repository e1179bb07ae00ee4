/**
 * What the chain tells validators of our axon, against what the flags say.
 *
 * @module
 */

import type { AxonInfo } from "../../core/chain/metagraph.ts";
import { type Check, fail, type Finding, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import type { PublishedAxon } from "./facts.ts";
import { hostPort, isSameIp, whyNotDialled } from "./ip_kind.ts";
import { needsAxon } from "./subnets.ts";

const SUBJECT = "axon";

/** Looks at the axon of each subnet where the hotkey is registered. */
export const publishedAxonCheck: Check = {
  name: SUBJECT,
  async run(context): Promise<Finding[]> {
    const axons = await context.findAxons();
    return axons.map((published) => axonFinding(context, published));
  },
};

function axonFinding(context: CheckContext, { netuid, axon }: PublishedAxon): Finding {
  if (!axon) return unpublished(netuid);
  const address = hostPort(axon.ip, axon.port);
  const leads = `subnet ${netuid} leads validators to ${address}`;
  const fault = whyNotDialled(axon.ip, context.settings.isLocalChain);
  if (fault !== undefined) {
    return fail(
      SUBJECT,
      `${leads}, ${fault}`,
      "Publish this machine's public address: start the miner with --axon.external_ip.",
    );
  }
  const expected = expectedAddress(context, axon);
  if (!isSameIp(axon.ip, expected.ip) || axon.port !== expected.port) {
    return warning(
      SUBJECT,
      `${leads}, but the flags say ${hostPort(expected.ip, expected.port)}`,
      "Start the miner with these flags, which publishes them, or correct the flags.",
    );
  }
  return ok(SUBJECT, leads);
}

function unpublished(netuid: number): Finding {
  if (!needsAxon(netuid)) {
    return ok(SUBJECT, `subnet ${netuid} has none of this hotkey, and its miners need none`);
  }
  return warning(
    SUBJECT,
    `subnet ${netuid} does not know where this hotkey's axon is, so no validator can ask it`,
    "The miner publishes it when it starts; behind a router, name --axon.external_ip and " +
      "--axon.external_port.",
  );
}

/** Where the flags do not say, the chain is taken at its word, but for the port that we listen on. */
function expectedAddress(
  { settings: { values } }: CheckContext,
  { ip }: AxonInfo,
): { ip: string; port: number } {
  return {
    ip: values.axonExternalIp ?? ip,
    port: values.axonExternalPort ?? values.axonPort,
  };
}
