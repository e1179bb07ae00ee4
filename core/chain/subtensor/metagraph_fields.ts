/**
 * What the routes to a metagraph have in common.
 *
 * @module
 */

import * as v from "valibot";
import { formatIp } from "../ip_address.ts";
import type { AxonInfo } from "../metagraph.ts";
import { BIG, COUNT, SHARE } from "./answers.ts";
import { readItemIfAny, type Runtime } from "./runtime_values.ts";

/** An axon as the chain keeps it; undefined where none was ever served. */
export const AXON = v.pipe(
  v.object({
    block: COUNT,
    version: COUNT,
    ip: BIG,
    port: COUNT,
    ipType: COUNT,
    protocol: COUNT,
  }),
  v.transform(({ ip, ipType, ...rest }): AxonInfo | undefined => {
    if (ipType !== 4 && ipType !== 6) return undefined;
    return { ...rest, ip: formatIp(ip, ipType), ipType };
  }),
);

/** Validators' trust by uid, which no runtime call tells; empty where the runtime keeps none. */
export async function readValidatorTrust(runtime: Runtime, netuid: number): Promise<number[]> {
  const keys = [netuid];
  return await readItemIfAny(runtime, "subtensorModule", "validatorTrust", keys, v.array(SHARE)) ??
    [];
}
