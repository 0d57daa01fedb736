// HPKE (RFC 9180), base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.

import { concat, utf8 } from "./bytes.js";

const CURVE = { name: "ECDH", namedCurve: "P-256" };
const NONE = new Uint8Array();
const KEM = concat(utf8("KEM"), [0x00, 0x10]);
const SUITE = concat(utf8("HPKE"), [0x00, 0x10, 0x00, 0x01, 0x00, 0x02]);
const VERSION = utf8("HPKE-v1");

/** Seals `plaintext` to the uncompressed point `recipient`. The associated data are both public keys. */
export async function seal(recipient, info, plaintext) {
  const { encapsulated, secret } = await encapsulate(recipient);
  const context = concat(
    [0], // base mode
    await extract(SUITE, NONE, "psk_id_hash", NONE),
    await extract(SUITE, NONE, "info_hash", info),
  );
  const schedule = await extract(SUITE, secret, "secret", NONE);
  const keyBytes = await expand(SUITE, schedule, "key", context, 32);
  const iv = await expand(SUITE, schedule, "base_nonce", context, 12);
  const key = await crypto.subtle.importKey("raw", keyBytes, "AES-GCM", false, ["encrypt"]);
  const additionalData = concat(encapsulated, recipient);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plaintext);
  return { encapsulated, ciphertext: new Uint8Array(sealed) };
}

async function encapsulate(recipient) {
  const ephemeral = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const encapsulated = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const other = await crypto.subtle.importKey("raw", recipient, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, ephemeral.privateKey, 256);
  const extracted = await extract(KEM, NONE, "eae_prk", new Uint8Array(shared));
  const secret = await expand(KEM, extracted, "shared_secret", concat(encapsulated, recipient), 32);
  return { encapsulated, secret };
}

// LabeledExtract and LabeledExpand. What is expanded here is never longer than one hash.
const extract = (suite, salt, label, input) => hmac(salt, concat(VERSION, suite, utf8(label), input));

async function expand(suite, secret, label, info, length) {
  const block = await hmac(secret, concat([0, length], VERSION, suite, utf8(label), info, [1]));
  return block.subarray(0, length);
}

async function hmac(key, message) {
  // An empty key is the same as one of zeros; WebCrypto takes no empty one.
  const bytes = key.length > 0 ? key : new Uint8Array(32);
  const imported = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}
