/**
 * The rules of a subnet.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError } from "../../errors.ts";
import type { SubnetParameters } from "../chain.ts";
import { BIG, COUNT } from "./answers.ts";
import { readEntries, readItem, readItemIfAny, type Runtime } from "./runtime_values.ts";

const PALLET = "subtensorModule";

/** Numbers of all subnets, ascending. */
export async function readNetuids(runtime: Runtime): Promise<number[]> {
  const entries = await readEntries(runtime, PALLET, "networksAdded", [], COUNT, v.boolean());
  return entries.filter(([, isThere]) => isThere).map(([netuid]) => netuid).sort((a, b) => a - b);
}

/** @throws {UsageError} if there is no such subnet */
export async function checkSubnet(runtime: Runtime, netuid: number): Promise<void> {
  if (await readItem(runtime, PALLET, "networksAdded", [netuid], v.boolean())) return;
  const netuids = (await readNetuids(runtime)).slice(0, 20).join(", ");
  throw new UsageError(`there is no subnet ${netuid} on this chain, which has ${netuids}`);
}

/**
 * The rules of a subnet at one block.
 *
 * @throws {UsageError} if there is no such subnet
 */
export async function readParameters(runtime: Runtime, netuid: number): Promise<SubnetParameters> {
  await checkSubnet(runtime, netuid);
  const big = (item: string): Promise<bigint> => readItem(runtime, PALLET, item, [netuid], BIG);
  const whole = (item: string): Promise<number> => readItem(runtime, PALLET, item, [netuid], COUNT);
  const ifAny = (item: string): Promise<number | undefined> =>
    readItemIfAny(runtime, PALLET, item, [netuid], COUNT);
  const flag = async (item: string): Promise<boolean> =>
    await readItemIfAny(runtime, PALLET, item, [netuid], v.boolean()) ?? false;
  return await settled({
    netuid: Promise.resolve(netuid),
    registrationAllowed: flag("networkRegistrationAllowed"),
    powRegistrationAllowed: flag("networkPowRegistrationAllowed"),
    burnRao: big("burn"),
    minBurnRao: big("minBurn"),
    maxBurnRao: big("maxBurn"),
    difficulty: big("difficulty"),
    neuronCount: whole("subnetworkN"),
    maxNeuronCount: whole("maxAllowedUids"),
    immunityBlocks: whole("immunityPeriod"),
    tempoBlocks: whole("tempo"),
    servingRateLimitBlocks: whole("servingRateLimit"),
    weightsRateLimitBlocks: whole("weightsSetRateLimit"),
    weightsVersionKey: big("weightsVersionKey"),
    minAllowedWeights: whole("minAllowedWeights"),
    commitRevealEnabled: flag("commitRevealWeightsEnabled"),
    revealPeriodEpochs: ifAny("revealPeriodEpochs"),
    maxRegistrationsPerBlock: ifAny("maxRegistrationsPerBlock"),
    targetRegistrationsPerInterval: ifAny("targetRegistrationsPerInterval"),
    adjustmentIntervalBlocks: ifAny("adjustmentInterval"),
  });
}

/** Waits for all fields of an object at once. */
async function settled<T extends object>(
  fields: { readonly [Key in keyof T]: Promise<T[Key]> },
): Promise<T> {
  const entries = Object.entries<Promise<unknown>>(fields)
    .map(async ([key, value]): Promise<[string, unknown]> => [key, await value]);
  // Each key got what its own promise gave, which is what the type says.
  return Object.fromEntries(await Promise.all(entries)) as T;
}
