/**
 * The ports that the Python side lets an axon have: 1024 < port < 65535 (protocol 1, section 1).
 *
 * @module
 */

const FIRST_PORT = 1025;
const LAST_PORT = 65534;

/** The range, to follow the name of a flag. */
export const PORT_RANGE = `from ${FIRST_PORT} to ${LAST_PORT}`;

/** Whether an axon may have a port. */
export function isAxonPort(port: number): boolean {
  return port >= FIRST_PORT && port <= LAST_PORT;
}
