// One-time codes: the target bundle that the server signs, and the bundle that a code is sealed in.

import { fromHex, hex, textOf, utf8 } from "./bytes.js";
import { seal } from "./hpke.js";
import { verifies } from "./p256.js";

const INFO = utf8("turnkey_hpke");

/** What the target bundle says, once it is certain that the pinned quorum key has signed it. */
export async function openTarget(bundle, pinned) {
  const { version, data, dataSignature, enclaveQuorumPublic } = JSON.parse(bundle);
  if (version !== "v1.0.0") {
    throw new Error("The target bundle is of an unknown version.");
  }
  const signed = fromHex(data);
  if (enclaveQuorumPublic !== pinned || !(await verifies(fromHex(pinned), fromHex(dataSignature), signed))) {
    throw new Error("The target bundle isn't signed by the quorum key that this page pins.");
  }
  return JSON.parse(textOf(signed));
}

/** The code and the session's public key, sealed so that only the holder of the target key reads them. */
export async function sealCode(target, code, publicKey) {
  const plaintext = utf8(JSON.stringify({ otp_code: code, public_key: publicKey }));
  const { encapsulated, ciphertext } = await seal(fromHex(target.targetPublic), INFO, plaintext);
  return JSON.stringify({ encappedPublic: hex(encapsulated), ciphertext: hex(ciphertext) });
}
