/**
 * Encrypted keyfiles that open in no time: those of the format before the present one, which takes
 * seconds. Made with the platform's own cryptography, so that they don't come from what is tested.
 *
 * @module
 */

/** The password of every keyfile here. */
export const PASSWORD = "testpassword123";

/** A keyfile as Ansible's vault 1.1 encrypts it, by {@linkcode PASSWORD}. */
export async function ansibleKeyfile(plaintext: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const salt = new Uint8Array(32).fill(7);
  const bits = await crypto.subtle.deriveBits(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: 10_000 },
    await crypto.subtle.importKey("raw", utf8(PASSWORD), "PBKDF2", false, ["deriveBits"]),
    80 * 8,
  );
  const [cipherKey, hmacKey, counter] = [bits.slice(0, 32), bits.slice(32, 64), bits.slice(64)];
  const ciphertext = new Uint8Array(
    await crypto.subtle.encrypt(
      { name: "AES-CTR", counter, length: 128 },
      await crypto.subtle.importKey("raw", cipherKey, "AES-CTR", false, ["encrypt"]),
      padded(plaintext),
    ),
  );
  const hmac = await crypto.subtle.sign(
    "HMAC",
    await crypto.subtle.importKey("raw", hmacKey, { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]),
    ciphertext,
  );
  const parts = [salt, new Uint8Array(hmac), ciphertext].map((part) => part.toHex());
  const lines = utf8(parts.join("\n")).toHex().match(/.{1,80}/g) ?? [];
  return utf8(`$ANSIBLE_VAULT;1.1;AES256\n${lines.join("\n")}\n`);
}

/** PKCS#7. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = 16 - bytes.length % 16;
  const all = new Uint8Array(bytes.length + count).fill(count);
  all.set(bytes);
  return all;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
