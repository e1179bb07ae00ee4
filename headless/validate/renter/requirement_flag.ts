/**
 * What a renter wants, as JSON or as the Python dict that guides show.
 *
 * @module
 */

import * as v from "valibot";
import { readRequirement } from "../../../core/compute/allocation/requirements.ts";
import { pythonDict } from "../../../core/compute/synapse/python_fields.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import type { PythonData } from "../../../core/formats/python_json.ts";
import { readJson } from "../../../core/formats/python_json_reader.ts";

const GIB = 1024 ** 3;

/** What the published command asks for where nothing is said. */
export const USUAL_REQUIREMENT: Readonly<Record<string, PythonData>> = {
  ...{ cpu: { count: 1 }, gpu: {}, hard_disk: { capacity: GIB }, ram: { capacity: GIB } },
};

/** @throws {UsageError} if it is no requirement, with what is wrong */
export function parseRequirement(text: string): Readonly<Record<string, PythonData>> {
  const data = dictOf(text) ?? dictOf(fromPython(text));
  if (data === undefined) {
    throw new UsageError(
      `--requirement: ${text.slice(0, 60)} is no JSON object and no Python dict, expected one ` +
        "such as {'cpu':{'count':1},'gpu':{'count':1,'type':'A100'}}",
    );
  }
  try {
    readRequirement(data);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    throw new UsageError(`--requirement: ${error.message}`, { cause: error });
  }
  return data;
}

/** Quotes and words of Python as JSON has them; texts with quotes in them are not for here. */
function fromPython(text: string): string {
  return text.replaceAll("'", '"').replaceAll(/\bTrue\b/g, "true")
    .replaceAll(/\bFalse\b/g, "false").replaceAll(/\bNone\b/g, "null");
}

function dictOf(text: string): Readonly<Record<string, PythonData>> | undefined {
  try {
    const read = v.safeParse(pythonDict, readJson(text).asSent);
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}
