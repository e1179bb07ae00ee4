import { test } from "#test";
import { assert } from "chai";
import { pathReader, routeTarget } from "../../../core/iota/api/route_path.ts";

test("a query is escaped", () => {
  const path = "weights/5F/1/0/ü &=?#%+.pt";
  const target = routeTarget("/a", { weights_path: path });
  assert.equal(target.split("?").length, 2);
  assert.notInclude(target, " ");
  assert.equal(new URLSearchParams(target.split("?")[1]).get("weights_path"), path);
});

test("a name in the path takes its field out of the query", () => {
  assert.equal(routeTarget("/layer/{layer}", { layer: 3, epoch: 1 }), "/layer/3?epoch=1");
});

test("a value in the path cannot leave its place", () => {
  assert.equal(routeTarget("/layer/{layer}", { layer: "../a?b" }), "/layer/..%2Fa%3Fb");
});

test("fields without a value are left out", () => {
  assert.equal(routeTarget("/a", { layer: undefined, epoch: null }), "/a");
});

test("a value with a dollar sign is not taken for a pattern", () => {
  assert.equal(routeTarget("/{a}", { a: "$&" }), "/%24%26");
});

test("pathReader() gives what stands for the names", () => {
  assert.deepEqual(pathReader("/layer/{layer}")("/layer/12"), { layer: "12" });
});

test("pathReader() undoes the escaping", () => {
  assert.deepEqual(pathReader("/o/{key}/end")("/o/a%2Fb%20c/end"), { key: "a/b c" });
});

for (const path of ["/layer", "/layer/", "/layer/1/2", "/layer/%", "/xlayer/1"]) {
  test(`pathReader() does not take ${JSON.stringify(path)} for /layer/{layer}`, () => {
    assert.isUndefined(pathReader("/layer/{layer}")(path));
  });
}

test("a point in a path stands for itself", () => {
  assert.isUndefined(pathReader("/a.b/{c}")("/axb/1"));
});
