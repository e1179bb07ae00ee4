/** Runs functions of WebAssembly that tests make. */
import { encodeModule, instantiate, type WasmFunction } from "../../../core/formats/wasm/module.ts";

/** A memory of one page. */
export function onePage(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1 });
}

/** What the only function of a module gives on a memory. */
export function runFunction(
  wasm: Omit<WasmFunction, "exportName">,
  memory: WebAssembly.Memory,
  ...args: number[]
): unknown {
  const module = new WebAssembly.Module(encodeModule([{ exportName: "run", ...wasm }]));
  const { run } = instantiate(module, memory);
  return typeof run === "function" ? run(...args) : undefined;
}
