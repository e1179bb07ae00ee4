/**
 * The hash challenges that the node was given, the newest first.
 *
 * @module
 */

import type { JSX } from "preact";
import { threeDigits } from "./format.ts";
import { challenges } from "./node.ts";

const SHOWN = 20;

/** See the module. */
export function ChallengeTable(): JSX.Element {
  const all = challenges.value;
  return (
    <section aria-labelledby="challenges-title">
      <h2 id="challenges-title">Challenges</h2>
      {all.length === 0
        ? <p class="soft">None has come yet.</p>
        : (
          <div class="scroll" tabIndex={0} role="region" aria-label="Table of challenges">
            <table>
              <thead>
                <tr>
                  <th scope="col">difficulty</th>
                  <th scope="col">time, s</th>
                  <th scope="col">score</th>
                  <th scope="col">outcome</th>
                </tr>
              </thead>
              <tbody>
                {all.slice(-SHOWN).reverse().map((challenge, at) => (
                  <tr key={all.length - at}>
                    <td>{challenge.difficulty}</td>
                    <td>{threeDigits(challenge.elapsedS)}</td>
                    <td>{challenge.score?.toFixed(3) ?? "–"}</td>
                    <td class={challenge.success ? "good" : "bad"}>
                      {challenge.success ? "found" : challenge.reason}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
