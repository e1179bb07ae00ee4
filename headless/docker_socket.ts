/**
 * Whether there is a Docker Engine on this machine.
 *
 * @module
 */

/** Where the engine listens. */
export const DOCKER_SOCKET = "/var/run/docker.sock";

/** Whether the engine's socket is there and may be opened. */
export async function hasDocker(path = DOCKER_SOCKET): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch {
    return false;
  }
}
