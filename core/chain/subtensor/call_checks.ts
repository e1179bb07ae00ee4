/**
 * What can be checked before a call is signed. What fails here costs nothing, and is said in the
 * same words that the chain's own refusal gets.
 *
 * @module
 */

import { UsageError, WeftError } from "../../errors.ts";
import { formatAlpha, formatTao } from "../amounts.ts";
import type { AxonAddress, Chain, PrometheusAddress, StakeChange, Weights } from "../chain.ts";
import { formatIp, isUnservable, parseIp } from "../ip_address.ts";

/** The reads that checks need. */
export type ChainReads = Pick<
  Chain,
  | "axonOf"
  | "balance"
  | "existentialDepositRao"
  | "ownerOf"
  | "powTask"
  | "stakesOf"
  | "subnet"
  | "uidOf"
>;

/** A refusal under the name that the runtime has for it; explained by the caller. */
export class KnownRefusal extends Error {
  override name = "KnownRefusal";

  /** @param error the module error's name, as in `error_words.ts` */
  constructor(readonly error: string, readonly pallet = "SubtensorModule") {
    super(error);
  }
}

const MAX_U16 = 65535;

/** @throws {UsageError} if this cannot be a subnet's number */
export function checkNetuid(netuid: number): void {
  if (!Number.isInteger(netuid) || netuid < 0 || netuid > MAX_U16) {
    throw new UsageError(`${netuid} is no subnet: a whole number from 0 to ${MAX_U16}`);
  }
}

/** @throws {UsageError} for an amount of nothing or less */
export function checkAmount(amountRao: bigint): void {
  if (amountRao <= 0n) throw new UsageError("the amount must be more than 0");
}

/**
 * What every registration asks for.
 *
 * @throws {KnownRefusal} if the hotkey is registered already, or belongs to another coldkey
 * @throws {UsageError} if there is no such subnet
 */
export async function checkNewcomer(
  reads: ChainReads,
  netuid: number,
  hotkey: string,
  coldkey: string,
): Promise<void> {
  if (netuid === 0) throw new KnownRefusal("RegistrationNotPermittedOnRootSubnet");
  if (await reads.uidOf(netuid, hotkey) !== undefined) {
    throw new KnownRefusal("HotKeyAlreadyRegisteredInSubNet");
  }
  const owner = await reads.ownerOf(hotkey);
  if (owner !== undefined && owner !== coldkey) throw new KnownRefusal("NonAssociatedColdKey");
}

/**
 * The price of a burned registration against what the payer allows and has.
 *
 * @throws {KnownRefusal} if it is too much, or registrations are closed
 */
export async function checkPrice(
  reads: ChainReads,
  netuid: number,
  coldkey: string,
  limitRao: bigint,
  feeRao: bigint,
): Promise<void> {
  const { registrationAllowed, burnRao } = await reads.subnet(netuid);
  if (!registrationAllowed) throw new KnownRefusal("SubNetRegistrationDisabled");
  if (burnRao > limitRao) throw new KnownRefusal("RegistrationPriceLimitExceeded");
  const { transferableRao } = await reads.balance(coldkey);
  if (transferableRao < burnRao + feeRao) throw new KnownRefusal("NotEnoughBalanceToStake");
}

/**
 * An address that is to be published, as the chain would write it.
 *
 * @throws {KnownRefusal} if nobody could reach anything there
 * @throws {UsageError} if it is no address at all
 */
export function checkServed<A extends AxonAddress | PrometheusAddress>(address: A): A {
  const parsed = parseIp(address.ip);
  if (parsed.ipType !== address.ipType) {
    throw new UsageError(
      `${address.ip} is an IPv${parsed.ipType} address, not IPv${address.ipType}`,
    );
  }
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > MAX_U16) {
    throw new UsageError(`${address.port} is no port: a whole number from 1 to ${MAX_U16}`);
  }
  if (address.port === 0) throw new KnownRefusal("InvalidPort");
  if (isUnservable(parsed)) throw new KnownRefusal("InvalidIpAddress");
  return { ...address, ip: formatIp(parsed.ip, parsed.ipType) };
}

/** @throws {UsageError} for weights that no chain could take */
export function checkWeights({ netuid, uids, values, versionKey }: Weights): void {
  checkNetuid(netuid);
  if (uids.length !== values.length) {
    throw new UsageError(`${uids.length} uids with ${values.length} weights: one for each uid`);
  }
  const wrong = [...uids, ...values].find((value) =>
    !Number.isInteger(value) || value < 0 || value > MAX_U16
  );
  if (wrong !== undefined) {
    throw new UsageError(`${wrong}: uids and weights are whole numbers from 0 to ${MAX_U16}`);
  }
  if (versionKey < 0n || versionKey >= 1n << 64n) {
    throw new UsageError(`the version key ${versionKey} does not fit into 64 bits`);
  }
}

/**
 * Whether an account can send what it is to send, and live on.
 *
 * @throws {WeftError} if not: says how much it can
 */
export async function checkFunds(
  reads: ChainReads,
  address: string,
  amountRao: bigint,
  feeRao: bigint,
): Promise<void> {
  const { transferableRao } = await reads.balance(address);
  if (transferableRao >= amountRao + feeRao) return;
  throw new WeftError(
    `${formatTao(amountRao)} and a fee of ${formatTao(feeRao)} are more than the account has to ` +
      `spend: ${formatTao(transferableRao)}`,
  );
}

/**
 * Whether the recipient's account would live with what it gets.
 *
 * @throws {KnownRefusal} if it would not
 */
export async function checkRecipient(
  reads: ChainReads,
  to: string,
  amountRao: bigint,
): Promise<void> {
  const [{ freeRao }, least] = await Promise.all([
    reads.balance(to),
    reads.existentialDepositRao(),
  ]);
  if (freeRao + amountRao < least) throw new KnownRefusal("ExistentialDeposit", "Balances");
}

/**
 * Whether there is so much stake to take out.
 *
 * @throws {WeftError} if not: says how much there is
 */
export async function checkStake(
  reads: ChainReads,
  coldkey: string,
  { netuid, hotkey, amountRao }: StakeChange,
): Promise<void> {
  const positions = await reads.stakesOf(coldkey);
  const has = positions
    .find((position) => position.netuid === netuid && position.hotkey === hotkey)
    ?.stakeAlphaRao ?? 0n;
  if (has >= amountRao) return;
  throw new WeftError(
    `there is ${formatAlpha(has)} of this coldkey on ${hotkey} in subnet ${netuid}, ` +
      `not ${formatAlpha(amountRao)}`,
  );
}
