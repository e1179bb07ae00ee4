import { test } from "#test";
import { assert } from "chai";
import { vectorBits } from "../../headless/lavapipe.ts";

const AVX2 = "Flags:   fpu sse4_2 avx avx2 bmi1";
const AVX512 = `${AVX2} avx512f avx512dq`;

test("vectorBits() uses whole AVX-512 vectors for every algorithm", () => {
  assert.equal(vectorBits(AVX512, "blake2b"), 512);
  assert.equal(vectorBits(AVX512, "sha256"), 512);
});

test("vectorBits() narrows BLAKE2b's 64-bit words on AVX2, and leaves SHA-256 to the driver", () => {
  assert.equal(vectorBits(AVX2, "blake2b"), 128);
  assert.isUndefined(vectorBits(AVX2, "sha256"));
});

test("vectorBits() takes no other feature for AVX-512", () => {
  assert.equal(vectorBits(`${AVX2} avx512fp16x xavx512f`, "blake2b"), 128);
  assert.equal(vectorBits("", "blake2b"), 128);
});

test("tuneLavapipe() leaves a width that the user has set", async () => {
  const module = new URL("../../headless/lavapipe.ts", import.meta.url).href;
  const program = `import { tuneLavapipe } from ${JSON.stringify(module)};
    tuneLavapipe("blake2b");
    await Deno.stdout.write(new TextEncoder().encode(Deno.env.get("LP_NATIVE_VECTOR_WIDTH")));`;
  const { stdout } = await new Deno.Command("deno", {
    args: ["eval", program],
    env: { LP_NATIVE_VECTOR_WIDTH: "256" },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "256");
});
