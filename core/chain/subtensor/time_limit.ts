/**
 * A limit of time, on the host's clock.
 *
 * @module
 */

import type { Clock } from "../../host.ts";

/**
 * What the work comes to, if it takes no longer than that. No timer is left afterwards.
 *
 * @param late makes the error for when it does; the work itself goes on
 */
export async function withinTime<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  const settled = new AbortController();
  const limit = clock.sleep(Math.max(0, limitMs), settled.signal).then((): Promise<never> =>
    settled.signal.aborted ? new Promise(() => {}) : Promise.reject(late())
  );
  limit.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([work, limit]);
  } finally {
    settled.abort();
  }
}

/** `20 s` */
export function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}
