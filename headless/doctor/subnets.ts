/**
 * What doctor knows of the subnets that Weft works on.
 *
 * @module
 */

/** The root, where validators stake and nobody mines. */
export const ROOT_NETUID = 0;

/** IOTA, whose miners ask an orchestrator for work: nobody dials them. */
export const IOTA_NETUID = 9;

/** Whether validators dial the miners of a subnet. */
export function needsAxon(netuid: number): boolean {
  return netuid !== IOTA_NETUID && netuid !== ROOT_NETUID;
}

/** NI Compute. */
export const COMPUTE_NETUID = 27;

/** Whether validators ask only the lowest uid of those that share an address (protocol 5, section 8). */
export function asksOnePerAddress(netuid: number): boolean {
  return netuid === COMPUTE_NETUID;
}
