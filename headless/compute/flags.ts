/**
 * The flags of the compute network's miner and validator, with the names of their published parsers.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `compute/utils/parser.py`.
 *
 * @module
 */

import { COMPUTE_NETUID } from "../../core/compute/compute_miner.ts";
import { isAddress } from "../../core/wallet/address.ts";
import { AXON_FLAGS } from "../axon_flags.ts";
import { type Flag, integer, toggle, type Values } from "../flags.ts";

/** `--netuid` of the compute network's commands. */
export const netuid = integer({
  name: "netuid",
  min: 0,
  max: 65535,
  default: COMPUTE_NETUID,
  publishedNames: ["netuid"],
  description: "Number of the subnet.",
});

/** Lists that miner and validator both have. */
export const LIST_FLAGS = {
  blacklistExploiters: toggle({
    name: "blacklist.exploiters",
    default: true,
    description: "Refuses hotkeys that are known to misuse others' work.",
  }),
  blacklistHotkeys: addresses("blacklist.hotkeys", "Hotkeys that are refused."),
  blacklistColdkeys: addresses("blacklist.coldkeys", "Coldkeys whose hotkeys are refused."),
  whitelistHotkeys: addresses(
    "whitelist.hotkeys",
    "Hotkeys that may ask without stake or registration, besides those of known validators.",
  ),
  whitelistColdkeys: addresses(
    "whitelist.coldkeys",
    "Coldkeys whose hotkeys may ask without stake.",
  ),
} as const;

/** Flags of a miner. */
export const COMPUTE_MINER_FLAGS = {
  ...AXON_FLAGS,
  ...LIST_FLAGS,
  whitelistNotEnoughStake: toggle({
    name: "miner.whitelist.not.enough.stake",
    default: false,
    description: "Lets validators with less than 1024 TAO of stake ask too.",
  }),
  sshPort: integer({
    name: "ssh.port",
    min: 1,
    max: 65535,
    default: 4444,
    description: "Port of this machine on which renters enter their container.",
  }),
  sandbox: toggle({
    name: "sandbox",
    default: true,
    description:
      "Lends the GPU, too, to renters who ask for a sandbox: their WGSL shaders run one " +
      "at a time between those of training, at most 10 seconds each and an hour a day with 256 MiB " +
      "of buffers, in a process without network that is ended when a shader does not end.",
  }),
  axonLenient: toggle({
    name: "axon.lenient",
    default: false,
    description: "Takes requests without a signature and nonces of any time to come, as the " +
      "reference does. Anybody can then pretend to be a validator.",
  }),
} as const;

/** What the published parsers take that means nothing here: whether it has a value, and why. */
export const IGNORED_FLAGS = [
  ["auto_update", "switch", "a program that replaces itself is no safer than its source"],
  ["miner.hashcat.path", "value", "challenges are searched for by shaders of its own"],
  ["miner.hashcat.workload.profile", "value", "searches run in slices between those of training"],
  ["miner.hashcat.extended.options", "value", "there is no hashcat to give them to"],
  ["miner.whitelist.not.updated", "switch", "the published miner does not look at it either"],
  ["miner.whitelist.updated.threshold", "value", "the published miner does not look at it either"],
  ["axon.max_workers", "value", "requests are answered on one thread"],
  ["logging.logging_dir", "value", "logs go to standard error: send them where you like"],
] as const;

/** The same of a validator, which takes the miner's too. */
export const IGNORED_VALIDATOR_FLAGS = [
  ...IGNORED_FLAGS,
  ["miner.whitelist.not.enough.stake", "switch", "a validator is asked nothing"],
  ["ssh.port", "value", "a validator lends nothing"],
  ["axon.ip", "value", "a validator listens nowhere"],
  ["validator.whitelist.unrecognized", "switch", "the published validator does not look at it"],
  [
    "validator.force.update.prometheus",
    "switch",
    "what the chain has is compared and set anew at every start",
  ],
] as const;

type Ignored = readonly (readonly [name: string, kind: "switch" | "value", reason: string])[];
type AcceptedFlags<Name extends string> = Readonly<Record<Name, Flag<string | undefined>>>;
type IgnoredName = (typeof IGNORED_FLAGS)[number][0];
type IgnoredValidatorName = (typeof IGNORED_VALIDATOR_FLAGS)[number][0];

/** {@linkcode IGNORED_FLAGS} as flags, so that a published command line is understood. */
export const ACCEPTED_FLAGS: AcceptedFlags<IgnoredName> = acceptedFlags(IGNORED_FLAGS);

/** {@linkcode IGNORED_VALIDATOR_FLAGS} as flags. */
export const ACCEPTED_VALIDATOR_FLAGS: AcceptedFlags<IgnoredValidatorName> = acceptedFlags(
  IGNORED_VALIDATOR_FLAGS,
);

function acceptedFlags<Name extends string>(
  ignored: readonly (readonly [Name, "switch" | "value", string])[],
): AcceptedFlags<Name> {
  return Object.fromEntries(
    ignored.map(([name, kind, reason]) => [name, accepted(name, kind, reason)]),
  ) as AcceptedFlags<Name>;
}

function accepted(
  name: string,
  kind: "switch" | "value",
  reason: string,
): Flag<string | undefined> {
  return {
    ...{ name, default: undefined, defaultText: "not looked at", expected: "anything" },
    placeholder: kind === "value" ? "ANY" : undefined,
    description: `Accepted and ignored: ${reason}.`,
    parse: (text) => text,
  };
}

/** A line for each flag that was given and is ignored, by a miner unless it is told otherwise. */
export function ignoredLines(
  values: Readonly<Partial<Record<IgnoredValidatorName, unknown>>>,
  ignored: Ignored = IGNORED_FLAGS,
): string[] {
  const given = new Map(Object.entries(values));
  return ignored.filter(([name]) => given.get(name) !== undefined)
    .map(([name, , reason]) => `--${name} is ignored: ${reason}`);
}

/** Flags of a validator. */
export const COMPUTE_VALIDATOR_FLAGS = {
  ...LIST_FLAGS,
  batchSize: integer({
    name: "validator.challenge.batch.size",
    min: 1,
    max: 4096,
    default: 256,
    description: "Miners that are challenged at once.",
  }),
  hardwareQuery: toggle({
    name: "validator.perform.hardware.query",
    default: true,
    description: "Asks miners every 150 blocks what they have; formulas from 1.3.10 on halve the " +
      "score of those without docker. Off, all count as if they had it.",
  }),
  specsBatchSize: integer({
    name: "validator.specs.batch.size",
    min: 1,
    max: 4096,
    default: 64,
    description: "Miners that are asked at once what they have.",
  }),
  updatedThreshold: integer({
    name: "validator.whitelist.updated.threshold",
    min: 0,
    max: 100,
    default: 60,
    description:
      "Miners of old versions are challenged too if no larger share of all, in percent, " +
      "is in question.",
  }),
} as const;

/** The values of {@linkcode COMPUTE_MINER_FLAGS}. */
export type ComputeMinerValues = Values<typeof COMPUTE_MINER_FLAGS>;

/** Addresses with commas between them, as the published parsers take them. */
function addresses(name: string, description: string): Flag<readonly string[]> {
  return {
    ...{ name, description, placeholder: "LIST", default: [], defaultText: "none" },
    expected: "ss58 addresses with commas between them",
    parse: (text) => {
      const found = text.split(",").map((each) => each.trim()).filter((each) => each !== "");
      return found.every(isAddress) ? found : undefined;
    },
  };
}
