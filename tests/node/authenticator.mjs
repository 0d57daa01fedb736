// A passkey in software: what `navigator.credentials.create()` and `.get()` give to a page of a sandbox, the bytes in
// base64url as the API wants them (ES256, attestation `none`). A shell has it too:
//
//   node authenticator.mjs create FILE CHALLENGE     makes a passkey, keeps it in FILE and prints the attestation
//   node authenticator.mjs get FILE CHALLENGE        prints the assertion
//
// CHALLENGE is what the page would pass as `challenge`, its bytes in base64url.

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const RP_ID = "localhost";
const ORIGIN = "http://localhost:4173";
const USER_PRESENT = 0x01;
const ATTESTED = 0x40;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

export class Authenticator {
  constructor(kept) {
    this.key = kept ? createPrivateKey({ key: kept.jwk, format: "jwk" }) : newKey();
    this.id = kept ? Buffer.from(kept.id, "base64url") : randomBytes(32);
    this.signCount = kept?.signCount ?? 0;
  }

  /** What is to be kept of it. */
  kept() {
    return { jwk: this.key.export({ format: "jwk" }), id: base64url(this.id), signCount: this.signCount };
  }

  /** `attestation`, for the challenge that the platform made. */
  create(challenge) {
    const { x, y } = createPublicKey(this.key).export({ format: "jwk" });
    // COSE_Key: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    const cose = [Buffer.from("a5010203262001215820", "hex"), coordinate(x), Buffer.from("225820", "hex"), coordinate(y)];
    const length = Buffer.from([this.id.length >> 8, this.id.length & 0xff]);
    const data = Buffer.concat([this.#data(USER_PRESENT | ATTESTED), Buffer.alloc(16), length, this.id, ...cose]);
    // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}
    const before = Buffer.from("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", "latin1");
    return {
      credentialId: base64url(this.id),
      clientDataJson: base64url(clientData("webauthn.create", challenge)),
      attestationObject: base64url(Buffer.concat([before, Buffer.from([data.length]), data])),
      transports: ["internal"],
    };
  }

  /** `assertion`, for a challenge of the server's. */
  get(challenge) {
    this.signCount += 1;
    const data = this.#data(USER_PRESENT);
    const client = clientData("webauthn.get", challenge);
    return {
      credentialId: base64url(this.id),
      clientDataJson: base64url(client),
      authenticatorData: base64url(data),
      signature: base64url(sign("sha256", Buffer.concat([data, sha256(client)]), this.key)),
    };
  }

  #data(flags) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.signCount);
    return Buffer.concat([sha256(RP_ID), Buffer.from([flags]), count]);
  }
}

function newKey() {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function coordinate(text) {
  return Buffer.from(text, "base64url");
}

function clientData(type, challenge) {
  return Buffer.from(JSON.stringify({ type, challenge, origin: ORIGIN, crossOrigin: false }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [ceremony, file, challenge] = process.argv.slice(2);
  const authenticator = new Authenticator(ceremony === "get" ? JSON.parse(readFileSync(file, "utf8")) : undefined);
  const made = ceremony === "get" ? authenticator.get(challenge) : authenticator.create(challenge);
  writeFileSync(file, JSON.stringify(authenticator.kept()), { mode: 0o600 });
  console.log(JSON.stringify(made));
}
