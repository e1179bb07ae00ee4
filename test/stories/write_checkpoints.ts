/**
 * A process that writes checkpoints into a folder until it is killed. All bytes of checkpoint n are
 * n; for each chunk that is handed to the storage it prints a dot, and after each checkpoint its
 * number on a line.
 *
 * Arguments: the folder, and the number of the first checkpoint.
 *
 * @module
 */

import { safetensorsHeader } from "../../core/formats/safetensors.ts";
import { openFolderStorage } from "../../headless/folder_storage.ts";

/** Tensors of a checkpoint, one chunk each. */
const TENSORS = 16;
const TENSOR_BYTES = 1 << 16;

const [dir, first] = Deno.args;
const storage = openFolderStorage(dir);

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function* chunksOf(number: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const entries = Array.from({ length: TENSORS }, (_, index) => ({
    name: `tensor.${index}`,
    dtype: "bf16" as const,
    shape: [TENSOR_BYTES / 2],
  }));
  yield safetensorsHeader(entries, { number: String(number) });
  for (let index = 0; index < TENSORS; index++) {
    print(".");
    yield await Promise.resolve(new Uint8Array(TENSOR_BYTES).fill(number));
  }
}

for (let number = Number(first);; number++) {
  await storage.writeBlob("checkpoint.safetensors", chunksOf(number));
  await storage.appendRecord("metrics.jsonl", { number });
  print(`${number}\n`);
}
