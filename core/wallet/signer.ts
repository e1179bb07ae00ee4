/**
 * Who can sign: a keypair in memory, or a wallet extension that asks its user.
 *
 * @module
 */

/** Signs with one sr25519 key without showing it. */
export interface Signer {
  /** ss58 address with prefix 42. */
  readonly address: string;
  /** The 32 bytes of the public key. */
  readonly publicKey: Uint8Array;
  /** The 64 bytes of the signature of just these bytes. */
  sign(message: Uint8Array): Promise<Uint8Array>;
  /**
   * Signs an extrinsic in the form that wallet extensions take, which will not sign bare bytes.
   * Undefined for a key that signs bytes.
   */
  readonly signPayload?: SignPayload;
}

/**
 * Asks a wallet to sign an extrinsic: `signPayload` of `@polkadot/extension-dapp`'s injected signer.
 * The payload is that library's `SignerPayloadJSON`; the answer holds the signature in hex.
 */
export type SignPayload = (
  payload: Readonly<Record<string, unknown>>,
) => Promise<{ readonly signature: string }>;
