/**
 * What a renter wants of a machine, and whether a machine has it.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `neurons/Miner/allocate.py` and `neurons/register.py`,
 * where a requirement is told but never looked at by the miner.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type { PythonData } from "../../formats/python_json.ts";
import { pythonBool, pythonNumber } from "../synapse/python_fields.ts";

/** What a machine can lend. Capacities are in bytes. */
export interface MachineCapacity {
  readonly cpuCount: number;
  readonly ramBytes: number;
  readonly diskBytes: number;
  /** Cards, each with its own memory. */
  readonly gpus: readonly { readonly name: string; readonly memoryBytes: number }[];
}

/** What a renter wants; 0 and "" want nothing. Capacities are in bytes. */
export interface DeviceRequirement {
  readonly cpuCount: number;
  readonly ramBytes: number;
  readonly diskBytes: number;
  readonly gpuCount: number;
  /** Of each card. */
  readonly gpuMemoryBytes: number;
  /** Words that a card's name contains, in either case. */
  readonly gpuType: string;
  readonly testing: boolean;
  /** A sandbox for shaders and no container; the published network knows no such wish. */
  readonly sandbox: boolean;
}

const amount = v.optional(v.nullable(v.pipe(pythonNumber, v.minValue(0))), 0);
const capacity = v.optional(v.object({ capacity: amount }), {});

const Requirement = v.object({
  cpu: v.optional(v.object({ count: amount }), {}),
  ...{ ram: capacity, hard_disk: capacity },
  gpu: v.optional(
    v.object({ count: amount, capacity: amount, type: v.optional(v.nullable(v.string()), "") }),
    {},
  ),
  testing: v.optional(v.nullable(pythonBool), false),
  sandbox: v.optional(v.nullable(pythonBool), false),
});

/**
 * Reads the field of a synapse; what it leaves out is not wanted, what it has beside is ignored.
 *
 * @throws {WeftError} if it is not as it should be
 */
export function readRequirement(data: Readonly<Record<string, PythonData>>): DeviceRequirement {
  const read = v.safeParse(Requirement, withoutEmpty(data), {
    abortEarly: true,
  });
  if (!read.success) {
    const [{ message, path }] = read.issues;
    const where = (path ?? []).map(({ key }) => String(key)).join(".");
    throw new WeftError(`device_requirement${where && `.${where}`}: ${message}`);
  }
  const { cpu, ram, hard_disk, gpu, testing, sandbox } = read.output;
  return {
    cpuCount: cpu.count ?? 0,
    ramBytes: ram.capacity ?? 0,
    diskBytes: hard_disk.capacity ?? 0,
    gpuCount: gpu.count ?? 0,
    gpuMemoryBytes: gpu.capacity ?? 0,
    gpuType: gpu.type ?? "",
    testing: testing ?? false,
    sandbox: sandbox ?? false,
  };
}

/** Python asks `if not …["gpu"]`, so that nothing in any form wants nothing. */
function withoutEmpty(data: Readonly<Record<string, PythonData>>): Record<string, PythonData> {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => Boolean(value)));
}

/** What a machine lacks, in one line: `2 of 8 CPU cores, …`; undefined if it has everything. */
export function missingOf(
  wanted: DeviceRequirement,
  machine: MachineCapacity,
): string | undefined {
  const missing = [
    lack(machine.cpuCount, wanted.cpuCount, (count) => `${count}`, "CPU cores"),
    lack(machine.ramBytes, wanted.ramBytes, gibibytes, "of memory"),
    lack(machine.diskBytes, wanted.diskBytes, gibibytes, "of disk space"),
    missingGpus(wanted, machine),
  ].filter((text) => text !== undefined);
  return missing.length === 0 ? undefined : missing.join(", ");
}

/** One card is wanted where only its size or name is told. */
function missingGpus(
  { gpuCount, gpuMemoryBytes, gpuType }: DeviceRequirement,
  { gpus }: MachineCapacity,
): string | undefined {
  const type = gpuType.trim();
  const isWanted = gpuMemoryBytes > 0 || type !== "";
  const count = Math.max(gpuCount, isWanted ? 1 : 0);
  const fitting = gpus.filter(({ name, memoryBytes }) =>
    memoryBytes >= gpuMemoryBytes && name.toLowerCase().includes(type.toLowerCase())
  );
  const kind = [
    type && `"${oneLine(type)}"`,
    gpuMemoryBytes > 0 && `with ${gibibytes(gpuMemoryBytes)}`,
  ].filter(Boolean);
  return lack(fitting.length, count, (number) => `${number}`, ["GPUs", ...kind].join(" "));
}

function lack(
  has: number,
  wants: number,
  text: (amount: number) => string,
  what: string,
): string | undefined {
  return has >= wants ? undefined : `${text(has)} of ${text(wants)} ${what}`;
}

const GIB = 1024 ** 3;
const MAX_LETTERS = 60;

function gibibytes(bytes: number): string {
  return `${Number((bytes / GIB).toFixed(1))} GiB`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, MAX_LETTERS);
}
