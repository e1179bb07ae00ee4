/**
 * Publishing where a neuron can be reached.
 *
 * @module
 */

import type { Signer } from "../../wallet/signer.ts";
import type { AxonAddress, PrometheusAddress } from "../chain.ts";
import type { CallOptions, Receipt } from "../receipt.ts";
import { checkNetuid, checkServed, KnownRefusal } from "./call_checks.ts";
import type { CallMaker, Wish } from "./call_maker.ts";
import * as extrinsics from "./extrinsics.ts";

/** Publishes an axon's address, unless the chain has it already. */
export async function serveAxon(
  maker: CallMaker,
  hotkey: Signer,
  netuid: number,
  axon: AxonAddress,
  options?: CallOptions,
): Promise<Receipt | undefined> {
  const { address } = hotkey;
  return await maker.request(hotkey, options, {
    ...serving("serveAxon", address, netuid, axon.ip),
    prepare: async (api) => {
      const wanted = checkServed(axon);
      await checkRegistered(maker, netuid, address);
      const served = await maker.reads.axonOf(netuid, address);
      const isSame = served !== undefined && isSameAddress(served, wanted) &&
        served.protocol === wanted.protocol;
      return isSame ? undefined : extrinsics.serveAxon(api, netuid, wanted);
    },
  });
}

/** Publishes where metrics are served, unless the chain has that already. */
export async function servePrometheus(
  maker: CallMaker,
  hotkey: Signer,
  netuid: number,
  prometheus: PrometheusAddress,
  options?: CallOptions,
): Promise<Receipt | undefined> {
  const { address } = hotkey;
  return await maker.request(hotkey, options, {
    ...serving("servePrometheus", address, netuid, prometheus.ip),
    prepare: async (api) => {
      const wanted = checkServed(prometheus);
      await checkRegistered(maker, netuid, address);
      const served = await maker.facts.prometheusOf(netuid, address);
      const isSame = served !== undefined && isSameAddress(served, wanted);
      return isSame ? undefined : extrinsics.servePrometheus(api, netuid, wanted);
    },
  });
}

function serving(
  call: "serveAxon" | "servePrometheus",
  hotkey: string,
  netuid: number,
  ip: string,
): Pick<Wish, "context" | "label" | "isPayment"> {
  checkNetuid(netuid);
  return {
    context: { call, signer: hotkey, netuid, hotkey, ip },
    label: `the address ${ip} of ${hotkey} on subnet ${netuid}`,
    isPayment: false,
  };
}

async function checkRegistered(maker: CallMaker, netuid: number, hotkey: string): Promise<void> {
  if (await maker.reads.uidOf(netuid, hotkey) === undefined) {
    throw new KnownRefusal("HotKeyNotRegisteredInSubNet");
  }
}

function isSameAddress(a: PrometheusAddress, b: PrometheusAddress): boolean {
  return a.ip === b.ip && a.port === b.port && a.version === b.version && a.ipType === b.ipType;
}
