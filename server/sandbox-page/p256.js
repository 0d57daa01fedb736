// P-256 keys, ECDSA signatures in DER, and the stamp that is made of both.

import { base64url, concat, fromBase64url, fromHex, hex, textOf, utf8 } from "./bytes.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SHA256 = { name: "ECDSA", hash: "SHA-256" };
const SCHEME = "SIGNATURE_SCHEME_TK_API_P256";

// The curve's field prime, and b of y² = x³ - 3x + b.
const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** A session's key pair. The private half can't leave the browser: not even this page can read it. */
export async function newSessionKey() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { privateKey: pair.privateKey, publicKey: compressedHex(raw) };
}

/** An uncompressed point, 65 bytes, as 66 hexadecimal digits. */
export const compressedHex = (raw) => hex(concat([2 + (raw[64] & 1)], raw.subarray(1, 33)));

/** The stamp over the bytes of `payload`, exactly as they came. */
export async function stamp(payload, { privateKey, publicKey }) {
  const raw = new Uint8Array(await crypto.subtle.sign(SHA256, privateKey, utf8(payload)));
  const signature = hex(toDer(raw));
  return base64url(utf8(JSON.stringify({ publicKey, scheme: SCHEME, signature })));
}

/** What a stamp says. */
export const readStamp = (stamp) => JSON.parse(textOf(fromBase64url(stamp)));

/** Whether `stamp` is one over `payload` by the key `publicKey`, compressed. */
export async function stampVerifies(stamp, payload, publicKey) {
  const said = readStamp(stamp);
  return (
    said.scheme === SCHEME &&
    said.publicKey.toLowerCase() === publicKey.toLowerCase() &&
    verifies(decompressed(fromHex(publicKey)), fromHex(said.signature), utf8(payload))
  );
}

/** Whether `der` is a signature over `message` by the uncompressed point `raw`. */
export async function verifies(raw, der, message) {
  const key = await crypto.subtle.importKey("raw", raw, CURVE, false, ["verify"]);
  return crypto.subtle.verify(SHA256, key, fromDer(der), message);
}

// WebCrypto takes uncompressed points only.
function decompressed(bytes) {
  const x = BigInt(`0x${hex(bytes.subarray(1))}`);
  const square = (((x * x - 3n) % PRIME) * x + B) % PRIME;
  const root = power((square + PRIME) % PRIME, (PRIME + 1n) / 4n);
  const y = (root & 1n) === BigInt(bytes[0] & 1) ? root : PRIME - root;
  return concat([4], bytes.subarray(1), fromHex(y.toString(16).padStart(64, "0")));
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % PRIME) {
    if (left & 1n) {
      result = (result * square) % PRIME;
    }
  }
  return result;
}

// WebCrypto has signatures as r and s of 32 bytes each; on the wire they are DER: a sequence of two integers.
function toDer(raw) {
  const integer = (bytes) => {
    const from = bytes.findIndex((byte) => byte !== 0);
    const digits = bytes.subarray(from < 0 ? bytes.length - 1 : from);
    const positive = digits[0] & 0x80 ? concat([0], digits) : digits;
    return concat([0x02, positive.length], positive);
  };
  const integers = concat(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return concat([0x30, integers.length], integers);
}

function fromDer(der) {
  const integer = (at) => {
    const digits = der.subarray(at + 2, at + 2 + der[at + 1]);
    const trimmed = digits.length > 32 ? digits.subarray(digits.length - 32) : digits;
    return { padded: concat(new Uint8Array(32 - trimmed.length), trimmed), end: at + 2 + digits.length };
  };
  const r = integer(2);
  return concat(r.padded, integer(r.end).padded);
}
