import { test } from "#test";
import { assert } from "chai";
import { exists } from "../../headless/unpack.ts";
import { loadSoftwareDriver } from "../../headless/software_driver.ts";

/** Runs `body` with these environment variables, and puts back what was set before. */
function withEnv(variables: Record<string, string>, body: () => void): void {
  const names = ["WEFT_GPU_SOFTWARE", "VK_DRIVER_FILES", "DENO_WEBGPU_BACKEND"];
  const before = names.map((name) => Deno.env.get(name));
  const set = (name: string, value: string | undefined): void =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  try {
    for (const name of names) set(name, variables[name]);
    body();
  } finally {
    names.forEach((name, i) => set(name, before[i]));
  }
}

test("loadSoftwareDriver() obeys WEFT_GPU_SOFTWARE=1 although the user chose another driver", () => {
  withEnv({ WEFT_GPU_SOFTWARE: "1", VK_DRIVER_FILES: "/absent/icd.json" }, () => {
    const dir = loadSoftwareDriver();
    assert.equal(Deno.env.get("VK_DRIVER_FILES"), `${dir}/vk_swiftshader_icd.json`);
    assert.isTrue(exists(`${dir}/libvk_swiftshader.so`));
  });
});

test("loadSoftwareDriver() gives the same answer when it is called again", () => {
  withEnv({ WEFT_GPU_SOFTWARE: "1" }, () => {
    const first = loadSoftwareDriver();
    Deno.env.delete("WEFT_GPU_SOFTWARE");
    assert.equal(loadSoftwareDriver(), first);
  });
});

test("loadSoftwareDriver() leaves a driver alone that the user chose", () => {
  withEnv({ VK_DRIVER_FILES: "/absent/icd.json" }, () => {
    assert.isUndefined(loadSoftwareDriver());
    assert.equal(Deno.env.get("VK_DRIVER_FILES"), "/absent/icd.json");
  });
});
