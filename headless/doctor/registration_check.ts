/**
 * Whether the hotkey is registered, whom it belongs to, and how long it may stay.
 *
 * @module
 */

import { formatAlpha, formatTao } from "../../core/chain/amounts.ts";
import type { Chain, SubnetParameters } from "../../core/chain/chain.ts";
import { immunityLeft, type Metagraph, type Neuron } from "../../core/chain/metagraph.ts";
import { formatDuration } from "../units.ts";
import { type Check, fail, type Finding, findingsOf, ok, warning } from "./check.ts";
import { walletCommand } from "./commands.ts";
import type { CheckContext } from "./context.ts";
import type { Registration } from "./facts.ts";
import { whyNotDialled } from "./ip_kind.ts";
import { asksOnePerAddress, ROOT_NETUID } from "./subnets.ts";

const BLOCK_S = 12;

/** Whether the coldkey of the wallet is the one that the chain knows for the hotkey. */
export const ownerCheck: Check = {
  name: "owner",
  async run(context): Promise<Finding[]> {
    const [hotkey, coldkey] = [await context.hotkeyAddress(), await context.coldkeyAddress()];
    const owner = await (await context.chain()).ownerOf(hotkey);
    if (owner === undefined) {
      return [
        ok("owner", "the chain has not met this hotkey; registering it binds it to the coldkey"),
      ];
    }
    if (owner === coldkey) return [ok("owner", "the hotkey belongs to this wallet's coldkey")];
    return [fail(
      "owner",
      `on the chain the hotkey belongs to another coldkey, ${owner}`,
      "Use the wallet of that coldkey, or a new hotkey: this coldkey can neither register this " +
        "one nor get what it earns.",
      walletCommand(context.settings, "new_hotkey", { hotkey: true }),
    )];
  },
};

/** The hotkey's place in each subnet. */
export const registrationCheck: Check = {
  name: "registration",
  async run(context): Promise<Finding[]> {
    const registrations = await context.findRegistrations();
    const chain = await context.chain();
    if (registrations.length === 0) return [nowhere(context)];
    const findings = await Promise.all(registrations.map((registration) => {
      const subject = `subnet ${registration.netuid}`;
      return findingsOf(subject, () => subnetFindings(context, chain, registration, subject));
    }));
    return findings.flat();
  },
};

function nowhere({ settings }: CheckContext): Finding {
  return warning(
    "registration",
    "the hotkey is registered on no subnet",
    "Name the subnet by --netuid: 9 is IOTA, 27 is NI Compute. Then register it:",
    walletCommand(settings, "register", { hotkey: true, netuid: 9 }),
  );
}

async function subnetFindings(
  context: CheckContext,
  chain: Chain,
  { netuid, uid }: Registration,
  subject: string,
): Promise<Finding[]> {
  const parameters = await chain.subnet(netuid);
  if (uid === undefined) return [unregistered(context, parameters, subject)];
  const metagraph = await chain.metagraph(netuid);
  const neuron = metagraph.neurons.find((each) => each.uid === uid);
  if (neuron?.hotkey !== await context.hotkeyAddress()) {
    return [fail(subject, `uid ${uid} was given to another hotkey a moment ago`, "Run it again.")];
  }
  return [
    place(neuron, metagraph, parameters, subject),
    ...asksOnePerAddress(netuid) ? sharedAddress(neuron, metagraph, subject) : [],
  ];
}

/** Who stands before this neuron at its own address. */
function sharedAddress({ uid, axon }: Neuron, { neurons }: Metagraph, subject: string): Finding[] {
  if (!axon || whyNotDialled(axon.ip, false) !== undefined) return [];
  const first = neurons.find((each) => each.uid < uid && each.axon?.ip === axon.ip);
  if (!first) return [];
  return [warning(
    subject,
    `uid ${first.uid} has its axon at ${axon.ip}, too, and validators here ask only the lowest ` +
      "uid of an address",
    "Give each hotkey a machine with an address of its own.",
  )];
}

function unregistered(
  { settings }: CheckContext,
  { netuid, registrationAllowed, burnRao }: SubnetParameters,
  subject: string,
): Finding {
  if (netuid === ROOT_NETUID) {
    return fail(subject, "this is the root, where nobody mines", "Leave 0 out of --netuid.");
  }
  if (!registrationAllowed) {
    return fail(
      subject,
      "the hotkey is not registered, and registration is closed",
      "Wait until the subnet's owner opens it.",
    );
  }
  return fail(
    subject,
    "the hotkey is not registered",
    `Register it, for ${formatTao(burnRao)} now:`,
    walletCommand(settings, "register", { hotkey: true, netuid }),
  );
}

/** How safe the place is: by immunity, and by how it stands among those that may be replaced. */
function place(
  neuron: Neuron,
  { neurons, block }: Metagraph,
  { immunityBlocks, neuronCount, maxNeuronCount }: SubnetParameters,
  subject: string,
): Finding {
  const { uid, registeredAt } = neuron;
  const earns = earnings(neuron);
  if (registeredAt === undefined) {
    return ok(subject, `uid ${uid}, ${earns}; this runtime does not tell its immunity`);
  }
  const left = immunityLeft(registeredAt, immunityBlocks, block);
  if (left > 0) {
    const blocks = left === 1 ? "1 block" : `${left} blocks`;
    const time = formatDuration(left * BLOCK_S);
    return ok(subject, `uid ${uid}, immune for ${blocks} more (${time}), ${earns}`);
  }
  const isNext = neuronCount >= maxNeuronCount &&
    nextToGo(neurons, immunityBlocks, block)?.uid === uid;
  if (isNext) {
    return warning(
      subject,
      `uid ${uid} is likely the next to be replaced: its immunity is over, ${earns}`,
      "See that the miner runs and is reached: the next registration takes its place.",
    );
  }
  if (neuron.emissionRao === 0n) {
    return warning(
      subject,
      `uid ${uid}: its immunity is over, ${earns}`,
      "See that the miner runs and is reached: those without emission are replaced first.",
    );
  }
  return ok(subject, `uid ${uid}, ${earns}; its immunity is over`);
}

function earnings({ emissionRao, alphaStakeRao }: Neuron): string {
  const emission = emissionRao === 0n
    ? "no emission yet"
    : `${formatAlpha(emissionRao)} of emission in the last epoch`;
  return `${emission}, ${
    alphaStakeRao === 0n ? "no stake" : `${formatAlpha(alphaStakeRao)} staked`
  }`;
}

/** Who goes when a full subnet takes one more (protocol 4, section 3): lowest emission, then eldest. */
function nextToGo(
  neurons: readonly Neuron[],
  immunityBlocks: number,
  block: number,
): Neuron | undefined {
  const since = ({ registeredAt = 0 }: Neuron): number => registeredAt;
  const [first] = neurons
    .filter((each) => immunityLeft(since(each), immunityBlocks, block) === 0)
    .sort((a, b) => Number(a.emissionRao - b.emissionRao) || since(a) - since(b) || a.uid - b.uid);
  return first;
}
