/**
 * The synapses of the compute network.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `compute/protocol.py`.
 *
 * @module
 */

import * as v from "valibot";
import { pythonBool, pythonDict, pythonInt } from "./python_fields.ts";
import type { SynapseKind } from "./synapse.ts";

const text = v.optional(v.string(), "");
const dict = v.optional(pythonDict, {});

/** Every axon answers it with what it got. */
export const PING = { name: "Synapse", fields: {}, hashFields: [] } as const satisfies SynapseKind;

/** Find the password of a hash; `output` is the answer. */
export const CHALLENGE = {
  name: "Challenge",
  fields: {
    challenge_hash: text,
    challenge_salt: text,
    challenge_mode: text,
    challenge_chars: text,
    challenge_mask: text,
    challenge_difficulty: v.optional(pythonInt, 7),
    output: dict,
  },
  hashFields: [],
} as const satisfies SynapseKind;

/** Tell what the machine has; `specs_output` is the answer. */
export const SPECS = {
  name: "Specs",
  fields: { specs_input: text, specs_output: text },
  hashFields: [],
} as const satisfies SynapseKind;

/** Reserve the machine, ask whether it could be, free it, or change the reservation. */
export const ALLOCATE = {
  name: "Allocate",
  fields: {
    /** In days; 0 frees the machine, or asks about a reservation. */
    timeline: v.optional(pythonInt, 0),
    device_requirement: dict,
    checking: v.optional(pythonBool, true),
    output: dict,
    public_key: text,
    docker_requirement: v.optional(pythonDict, {
      ...{ base_image: "ubuntu", ssh_key: "", ssh_port: 4444, volume_path: "/tmp" },
      dockerfile: "",
    }),
    docker_change: v.optional(pythonBool, false),
    docker_action: v.optional(pythonDict, { action: "", ssh_key: "", key_type: "" }),
  },
  hashFields: [],
} as const satisfies SynapseKind;
