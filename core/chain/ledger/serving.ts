/**
 * Publishing where an axon or metrics are served.
 *
 * Source: Subtensor spec 425, `validate_serve_axon` and `validate_serve_prometheus`.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import type { AxonAddress, PrometheusAddress } from "../chain.ts";
import { formatIp, isUnservable, parseIp } from "../ip_address.ts";
import { neuronOf, uidKey } from "./neurons.ts";
import type { NeuronRecord } from "./records.ts";
import { misuse, refusal } from "./refusal.ts";
import type { LedgerState } from "./state.ts";
import { existingSubnet } from "./subnets.ts";

/**
 * The same address with its IP in the one form that the ledger keeps.
 *
 * @throws {UsageError} if a number does not fit its field, or the IP is none of its type
 */
export function canonicalServing<A extends PrometheusAddress>(address: A): A {
  const { ip, ipType } = parseIp(address.ip);
  if (ipType !== address.ipType) {
    throw misuse("InvalidIpType", `${address.ip} is no IPv${address.ipType} address`);
  }
  if (!Number.isInteger(address.version) || address.version < 0 || address.version > 0xffffffff) {
    throw new UsageError(`${address.version} is no version: give a whole number of 32 bits.`);
  }
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65535) {
    throw new UsageError(`${address.port} is no port: give 1 to 65535.`);
  }
  return { ...address, ip: formatIp(ip, ipType) };
}

/** Publishes where the axon of a hotkey listens. */
export function serveAxon(
  state: LedgerState,
  hotkey: string,
  netuid: number,
  axon: AxonAddress,
): void {
  const neuron = registeredNeuron(state, netuid, hotkey);
  checkIp(axon);
  checkRateLimit(state, netuid, neuron.axon?.block);
  checkPort(axon);
  state.neurons.put(uidKey(netuid, neuron.uid), {
    ...neuron,
    axon: { ...axon, block: state.block },
  });
}

/** Publishes where the metrics of a hotkey are served. */
export function servePrometheus(
  state: LedgerState,
  hotkey: string,
  netuid: number,
  address: PrometheusAddress,
): void {
  existingSubnet(state, netuid);
  checkIp(address);
  if (parseIp(address.ip).ip === 0n) throw unservable(address);
  const neuron = registeredNeuron(state, netuid, hotkey);
  checkRateLimit(state, netuid, neuron.prometheus?.block);
  checkPort(address);
  state.neurons.put(uidKey(netuid, neuron.uid), {
    ...neuron,
    prometheus: { ...address, block: state.block },
  });
}

function registeredNeuron(state: LedgerState, netuid: number, hotkey: string): NeuronRecord {
  existingSubnet(state, netuid);
  const neuron = neuronOf(state, netuid, hotkey);
  if (neuron) return neuron;
  throw refusal(
    "HotKeyNotRegisteredInNetwork",
    `the hotkey ${hotkey} is not registered on subnet ${netuid}: register it first`,
  );
}

function checkIp(address: PrometheusAddress): void {
  if (isUnservable(parseIp(address.ip))) throw unservable(address);
}

function unservable(address: PrometheusAddress): Error {
  return refusal(
    "InvalidIpAddress",
    `${address.ip} cannot be published: give the address that others reach you at`,
  );
}

function checkPort(address: PrometheusAddress): void {
  if (address.port === 0) throw refusal("InvalidPort", "port 0 cannot be published");
}

function checkRateLimit(
  state: LedgerState,
  netuid: number,
  lastBlock: number | undefined,
): void {
  const limit = existingSubnet(state, netuid).rules.servingRateLimitBlocks;
  if (lastBlock === undefined || state.block - lastBlock >= limit) return;
  const wait = lastBlock + limit - state.block;
  throw refusal(
    "ServingRateLimitExceeded",
    `subnet ${netuid} takes a new address every ${limit} blocks: wait ${wait} more`,
  );
}
