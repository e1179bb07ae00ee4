/**
 * What a renter wants done to a miner's image. A miner puts it behind one `RUN`, as the published one
 * does, so a file that begins like a Dockerfile has to be made to fit there.
 *
 * @module
 */

import { UsageError } from "../../../core/errors.ts";

/** Instructions of a Dockerfile; the rest of a line is theirs. */
const INSTRUCTION =
  /^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s+/i;
/** A command that does nothing, for what goes on with another instruction than RUN. */
const NOTHING = "true";

/**
 * The text to send, of a shell command or of lines of a Dockerfile.
 *
 * @throws {UsageError} if it has an image of its own: the miner's is the one that is rented
 */
export function imageCommands(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !/^\s*#/.test(line));
  const instructionOf = (line: string): string | undefined =>
    INSTRUCTION.exec(line.trimStart())?.[1].toUpperCase();
  if (lines.some((line) => instructionOf(line) === "FROM")) {
    throw new UsageError(
      "--dockerfile: FROM is the miner's; name what is to be done to its image, as in RUN",
    );
  }
  const [first, ...rest] = lines;
  if (first === undefined) return "";
  const instruction = instructionOf(first);
  if (instruction === undefined) return lines.join("\n");
  if (instruction !== "RUN") return [NOTHING, ...lines].join("\n");
  return [first.trimStart().replace(INSTRUCTION, ""), ...rest].join("\n");
}
