// WebAuthn, as the API takes it.

import { base64url, fromBase64url, utf8 } from "./bytes.js";

// ES256, EdDSA, RS256
const ALGORITHMS = [-7, -8, -257];

/** Browsers make passkeys for names and for no IP address, and the sandbox's relying party is `localhost`. */
export const possible = () => "credentials" in navigator && location.hostname === "localhost";

/** Makes a passkey. The challenge is the platform's, so it is made here. */
export async function create(nickname, known) {
  const challenge = crypto.getRandomValues(new Uint8Array(32));
  const { rawId, response } = await navigator.credentials.create({
    publicKey: {
      rp: { id: "localhost", name: "Countersign sandbox" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: nickname, displayName: nickname },
      challenge,
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: known.map((id) => ({ type: "public-key", id: fromBase64url(id) })),
      authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
      attestation: "none",
    },
  });
  return {
    challenge: base64url(challenge),
    attestation: {
      credentialId: base64url(new Uint8Array(rawId)),
      clientDataJson: base64url(new Uint8Array(response.clientDataJSON)),
      attestationObject: base64url(new Uint8Array(response.attestationObject)),
      transports: response.getTransports(),
    },
  };
}

/** Lets the passkey sign. The server's challenge is text, and its bytes are signed as they are. */
export async function get({ credentialId, challenge }) {
  const { rawId, response } = await navigator.credentials.get({
    publicKey: {
      rpId: "localhost",
      challenge: utf8(challenge),
      allowCredentials: [{ type: "public-key", id: fromBase64url(credentialId) }],
      userVerification: "preferred",
    },
  });
  const { userHandle } = response;
  return {
    credentialId: base64url(new Uint8Array(rawId)),
    clientDataJson: base64url(new Uint8Array(response.clientDataJSON)),
    authenticatorData: base64url(new Uint8Array(response.authenticatorData)),
    signature: base64url(new Uint8Array(response.signature)),
    ...(userHandle ? { userHandle: base64url(new Uint8Array(userHandle)) } : {}),
  };
}
