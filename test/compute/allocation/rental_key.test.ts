import { assert } from "chai";
import {
  newPassword,
  plainPem,
  readRentalKey,
  type WebCrypto,
} from "../../../core/compute/allocation/rental_key.ts";
import { WeftError } from "../../../core/errors.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { newRenterKey, pemOf } from "./allocation_setup.ts";
import { test } from "#test";

/** A host's own crypto is a {@linkcode WebCrypto}. */
const CRYPTO: WebCrypto = crypto.subtle;
const KEY = await newRenterKey();
const SMALL = await newRenterKey(1024);

async function ellipticPem(): Promise<string> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await pemOf((await crypto.subtle.generateKey(algorithm, true, ["sign"])).publicKey);
}

test("Who has the private key reads what is encrypted", async () => {
  const { encrypt } = await readRentalKey(KEY.pem, CRYPTO);
  const bytes = await encrypt('{"a":1}');
  assert.lengthOf(bytes, 256);
  assert.deepEqual(await KEY.open(bytes.toBase64()), { a: 1 });
});

test("Encrypting twice gives two texts", async () => {
  const { encrypt } = await readRentalKey(KEY.pem, CRYPTO);
  assert.notDeepEqual(await encrypt("{}"), await encrypt("{}"));
});

test("190 bytes fit into 2048 bits, as RFC 8017 has it, and 191 do not", async () => {
  const { encrypt } = await readRentalKey(KEY.pem, CRYPTO);
  assert.lengthOf(await encrypt("a".repeat(190)), 256);
  assert.isDefined(await failureOf(encrypt("a".repeat(191))));
});

test("A key with CRLF, spaces and lines around it is the same key", async () => {
  const odd = ` \r\n${KEY.pem.replaceAll("\n", " \r\n")}\r\n`;
  assert.strictEqual((await readRentalKey(odd, CRYPTO)).pem, plainPem(KEY.pem));
});

test("A larger key is good", async () => {
  const large = await newRenterKey(3072);
  const { encrypt } = await readRentalKey(large.pem, CRYPTO);
  assert.deepEqual(await large.open((await encrypt("{}")).toBase64()), {});
});

for (
  const [name, pem] of Object.entries({
    "that is empty": "",
    "of 1024 bits": SMALL.pem,
    "of an elliptic curve": await ellipticPem(),
    "cut short": KEY.pem.slice(0, 200),
    "with a cut middle": KEY.pem.replace(/\n.{64}\n/, "\n"),
    "with letters that are no base64": KEY.pem.replace("A", "*"),
    "of another heading": KEY.pem.replaceAll("PUBLIC", "RSA PUBLIC"),
    "of SSH": "ssh-rsa AAAAB3NzaC1yc2E renter",
    "of a million lines": KEY.pem.replace("\n", "\n".repeat(1_000_000)),
  })
) {
  test(`A key ${name} is refused in one line`, async () => {
    const error = await failureOf(readRentalKey(pem, CRYPTO));
    assert.instanceOf(error, WeftError);
    assert.match(`${error}`, /^WeftError: the renter's public key is not used: [^\n]+$/);
  });
}

test("A password has 10 letters and digits, without the bytes that would not be fair", () => {
  const bytes = [255, 248, 0, 61, 62, 247, 1, 2, 3, 4, 5, 6];
  const password = newPassword(() => new Uint8Array([bytes.shift() ?? 0]));
  assert.strictEqual(password, "a9a9bcdefg");
});
