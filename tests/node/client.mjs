// A wallet user's client, start to finish: sign in by email code, look at the sessions, refresh them both ways, sign out;
// then with each further kind of credential; then a delegated key.
//
//   npm ci
//   BASE_URL=… CLIENT_ID=… CLIENT_SECRET=… ACCOUNT_ID=… CARD_ID=… node client.mjs
//
// `countersign serve --sandbox --print-env FILE` writes the settings to FILE as shell assignments. QUORUM_PUBLIC_KEY
// is the server's long-lived quorum key, 130 hex digits: a real client has it built in (pinned) and never takes it from
// the server. Without it this script trusts the one in the first bundle, which is good enough for a try and no more.
//
// Every step prints one line, `ok <step>`. The first answer that isn't the expected one ends the script with status 1.

import { createHash, createPublicKey, ECDH, randomBytes, verify as isSignedBy } from "node:crypto";

import {
  decryptCredentialBundle,
  encryptOtpCodeToBundle,
  generateP256KeyPair,
  getPublicKey,
} from "@turnkey/crypto";

import { accountId, expectCall, fail, insist, listSessions, ok, retryHeaders, setting, signedRetry } from "./api.mjs";
import { Authenticator } from "./authenticator.mjs";

const pinnedQuorumKey = process.env.QUORUM_PUBLIC_KEY;

// In sandbox nothing is sent and the code is always this one.
const SANDBOX_CODE = "000000";

// ---------------------------------------------------------------------------------------------------------------------
// Email codes and sessions

async function byEmailedCode() {
  // Which credential can this account sign in with?
  const { data: credentials } = await expectCall(
    200,
    "GET",
    `/auth/credentials?accountId=${encodeURIComponent(accountId)}`,
  );
  const credential = credentials.find(({ type }) => type === "EMAIL_OTP");
  insist(credential !== undefined, "the account has no EMAIL_OTP credential");
  ok("list-credentials");

  // Ask for a code. The answer holds the one-time key to which the code is to be encrypted, signed by the quorum key.
  const challenged = await expectCall(200, "POST", `/auth/credentials/${credential.id}/challenge`);
  const bundle = challenged.otpEncryptionTargetBundle;
  insist(typeof bundle === "string", "the challenge has no otpEncryptionTargetBundle");
  const quorumKey = pinnedQuorumKey ?? JSON.parse(bundle).enclaveQuorumPublic;
  ok("challenge");

  // The key of the session to open is made here, and its private half stays here. `encryptOtpCodeToBundle` checks the
  // bundle against the pinned quorum key before it encrypts anything.
  const sessionKey = generateP256KeyPair();
  const seal = (code) => encryptOtpCodeToBundle(code, bundle, sessionKey.publicKey, quorumKey);
  await seal(SANDBOX_CODE).catch((cause) => fail(`the target bundle was refused: ${cause.message}`));
  const otherQuorumKey = generateP256KeyPair().publicKeyUncompressed;
  const sealedAnyway = await encryptOtpCodeToBundle(SANDBOX_CODE, bundle, sessionKey.publicKey, otherQuorumKey).catch(
    () => undefined,
  );
  insist(sealedAnyway === undefined, "a bundle by another quorum key was accepted");
  ok("check-bundle");

  const verify = `/auth/credentials/${credential.id}/verify`;
  const proof = async (code) => ({ type: "EMAIL_OTP", encryptedOtpBundle: await seal(code) });

  await expectCall(401, "POST", verify, { body: await proof("123456"), code: "UNAUTHORIZED" });
  ok("wrong-code-refused");

  // Leg 1 proves the code. The body is made once and used on both legs: sealing again would give another body.
  const login = await proof(SANDBOX_CODE);
  const challenge = await expectCall(202, "POST", verify, { body: login });
  ok("verify-leg-1");

  // A stamp by another key is refused, and costs nothing: the pending request is still there.
  await expectCall(401, "POST", verify, {
    body: login,
    headers: await retryHeaders(challenge, generateP256KeyPair()),
    code: "WALLET_SIGNATURE_INVALID",
  });
  ok("wrong-key-refused");

  // Leg 2 proves the key.
  const session = await expectCall(200, "POST", verify, {
    body: login,
    headers: await retryHeaders(challenge, sessionKey),
  });
  insist(session.encryptedSessionSigningKey === undefined, "a login never returns a private key");
  ok("verify-leg-2");

  const sessions = await listSessions();
  insist(
    sessions.some(({ id }) => id === session.id),
    "the new session is not in the list",
  );
  insist(
    sessions.every((listed) => !("encryptedSessionSigningKey" in listed)),
    "the list holds key material",
  );
  ok("list-sessions");

  // Refresh, client-held: a compressed key of ours becomes the key of the new session. The old session signs.
  const nextKey = generateP256KeyPair();
  const refresh = `/auth/sessions/${session.id}/refresh`;
  const refreshBody = { clientPublicKey: nextKey.publicKey };
  const refreshChallenge = await expectCall(202, "POST", refresh, { body: refreshBody });
  const refreshHeaders = await retryHeaders(refreshChallenge, sessionKey);
  const refreshed = await expectCall(201, "POST", refresh, { body: refreshBody, headers: refreshHeaders });
  insist(refreshed.id !== session.id, "a refresh opens a new session");
  insist(refreshed.encryptedSessionSigningKey === undefined, "a client-held refresh returns no private key");
  ok("refresh-client-held");

  await expectCall(401, "POST", refresh, { body: refreshBody, headers: refreshHeaders, code: "REQUEST_ID_INVALID" });
  ok("used-request-refused");

  // Refresh, sealed (deprecated): an uncompressed key makes the server create the session key and return it encrypted.
  const recipient = generateP256KeyPair();
  const sealed = await signedRetry("POST", refresh, {
    body: { clientPublicKey: recipient.publicKeyUncompressed },
    key: sessionKey,
    success: 201,
  });
  insist(typeof sealed.encryptedSessionSigningKey === "string", "a sealed refresh returns the session's private key");
  const privateKey = decryptCredentialBundle(sealed.encryptedSessionSigningKey, recipient.privateKey);
  const openedKey = { privateKey, publicKey: Buffer.from(getPublicKey(privateKey, true)).toString("hex") };
  ok("refresh-sealed");

  // The key that received the session key is an address, not a signer.
  const revokeSealed = `/auth/sessions/${sealed.id}`;
  const revokeChallenge = await expectCall(202, "DELETE", revokeSealed);
  await expectCall(401, "DELETE", revokeSealed, {
    headers: await retryHeaders(revokeChallenge, recipient),
    code: "WALLET_SIGNATURE_INVALID",
  });
  ok("recipient-key-refused");

  // The opened key is a real session key: it signs its own session's end.
  await expectCall(204, "DELETE", revokeSealed, { headers: await retryHeaders(revokeChallenge, openedKey) });
  await expectCall(404, "DELETE", revokeSealed, { code: "REFERENCE_NOT_FOUND" });
  ok("revoke-with-opened-key");

  // Ending the session of the login ends what was refreshed from it. Any live session of the account may sign.
  await signedRetry("DELETE", `/auth/sessions/${session.id}`, { key: nextKey, success: 204 });
  const left = await listSessions();
  insist(
    left.every(({ id }) => id !== session.id && id !== refreshed.id),
    "a revoked session, or one refreshed from it, is still listed",
  );
  ok("revoke");
}

// ---------------------------------------------------------------------------------------------------------------------
// Every further kind of credential

const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const base64url = (text) => Buffer.from(text).toString("base64url");

/** Opens a session with a code that was sent for this bundle. */
async function signInByCode({ id, type }, bundle) {
  const key = generateP256KeyPair();
  const quorumKey = pinnedQuorumKey ?? JSON.parse(bundle).enclaveQuorumPublic;
  const encryptedOtpBundle = await encryptOtpCodeToBundle(SANDBOX_CODE, bundle, key.publicKey, quorumKey);
  const body = { type, encryptedOtpBundle };
  const session = await signedRetry("POST", `/auth/credentials/${id}/verify`, { body, key, success: 200 });
  insist(session.type === type, `the session is of ${session.type}, not ${type}`);
  return { ...session, key };
}

/** Opens a session by email code, which countersigns what follows. */
async function openSession() {
  const listed = await expectCall(200, "GET", `/auth/credentials?accountId=${encodeURIComponent(accountId)}`);
  const credential = listed.data.find(({ type }) => type === "EMAIL_OTP");
  const { otpEncryptionTargetBundle } = await expectCall(200, "POST", `/auth/credentials/${credential.id}/challenge`);
  return signInByCode(credential, otpEncryptionTargetBundle);
}

const add = (body, { key }) =>
  signedRetry("POST", "/auth/credentials", { body: { accountId, ...body }, key, success: 201 });

/** A session that a credential has opened is live, refuses to end its own credential, and ends with it. */
async function endCredential(credential, opened, owner) {
  const path = `/auth/credentials/${credential.id}`;
  const challenge = await expectCall(202, "DELETE", path);
  await expectCall(401, "DELETE", path, {
    headers: await retryHeaders(challenge, opened.key),
    code: "WALLET_SIGNATURE_INVALID",
  });
  const isListed = async () => (await listSessions()).some(({ id }) => id === opened.id);
  insist(await isListed(), "the session of the credential is not in the list");
  await signedRetry("DELETE", path, { key: owner.key, success: 204 });
  insist(!(await isListed()), "a session outlives its credential");
}

async function bySms(owner) {
  const added = await add({ type: "SMS_OTP" }, owner);
  await expectCall(400, "POST", "/auth/credentials", {
    body: { type: "SMS_OTP", accountId },
    code: "SMS_OTP_CREDENTIAL_ALREADY_EXISTS",
  });
  // Adding has sent the first code; challenges send the further ones.
  await signInByCode(added, added.otpEncryptionTargetBundle);
  const { otpEncryptionTargetBundle } = await expectCall(200, "POST", `/auth/credentials/${added.id}/challenge`);
  const opened = await signInByCode(added, otpEncryptionTargetBundle);
  await endCredential(added, opened, owner);
  ok("sms");
}

/** What an issuer would have signed: a sandbox reads the claims and not the signature. */
function idToken(claims) {
  const now = Math.floor(Date.now() / 1000);
  const identity = { iss: "https://accounts.google.com", aud: "a client", sub: "110169484474386276334" };
  const payload = { ...identity, email: "jane@example.com", iat: now, exp: now + 3600, ...claims };
  return `${base64url('{"alg":"RS256","typ":"JWT"}')}.${base64url(JSON.stringify(payload))}.sandbox`;
}

async function byIdToken(owner) {
  const added = await add({ type: "OAUTH", oidcToken: idToken({}) }, owner);
  const verify = `/auth/credentials/${added.id}/verify`;
  const key = generateP256KeyPair();
  const body = (claims) => ({ type: "OAUTH", oidcToken: idToken(claims), clientPublicKey: key.publicKey });
  // The token is bound to the session's key by its nonce.
  const other = { nonce: sha256(generateP256KeyPair().publicKey) };
  await expectCall(401, "POST", verify, { body: body(other), code: "UNAUTHORIZED" });
  const session = await expectCall(200, "POST", verify, { body: body({ nonce: sha256(key.publicKey) }) });
  insist(session.encryptedSessionSigningKey === undefined, "a client-held sign-in returns no private key");
  await endCredential(added, { ...session, key }, owner);
  ok("id-token");
}

async function byPasskey(owner) {
  const passkey = new Authenticator();
  const challenge = randomBytes(32).toString("base64url");
  const registration = { type: "PASSKEY", nickname: "Phone", challenge, attestation: passkey.create(challenge) };
  const added = await add(registration, owner);
  await expectCall(400, "POST", "/auth/credentials", {
    body: { accountId, ...registration },
    code: "PASSKEY_CREDENTIAL_ALREADY_EXISTS",
  });

  const signIn = async (clientPublicKey, authenticator = passkey) => {
    const body = { clientPublicKey };
    const asked = await expectCall(200, "POST", `/auth/credentials/${added.id}/challenge`, { body });
    insist(asked.credentialId === registration.attestation.credentialId, "the challenge is for another passkey");
    // What the authenticator signs is the text of the challenge.
    const assertion = authenticator.get(base64url(asked.challenge));
    return {
      body: { type: "PASSKEY", assertion: { ...assertion, credentialId: asked.credentialId } },
      headers: { "Request-Id": asked.requestId },
    };
  };
  const verify = `/auth/credentials/${added.id}/verify`;
  const key = generateP256KeyPair();
  const forged = await signIn(key.publicKey, new Authenticator());
  await expectCall(401, "POST", verify, { ...forged, code: "UNAUTHORIZED" });
  const assertion = await signIn(key.publicKey);
  const session = await expectCall(200, "POST", verify, assertion);
  await expectCall(401, "POST", verify, { ...assertion, code: "REQUEST_ID_INVALID" });
  await endCredential(added, { ...session, key }, owner);
  ok("passkey");
}

// ---------------------------------------------------------------------------------------------------------------------
// Delegated keys

/** Whether a stamp is by this key over this payload, judged by node's own cryptography. */
function isStampBy(publicKey, stamp, payload) {
  const stamped = JSON.parse(Buffer.from(stamp, "base64url"));
  const point = ECDH.convertKey(publicKey, "prime256v1", "hex", undefined, "uncompressed");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  return stamped.publicKey === publicKey && isSignedBy("sha256", payload, key, Buffer.from(stamped.signature, "hex"));
}

async function byDelegatedKey({ key }) {
  const create = "/auth/delegated-keys";
  const body = { cardId: setting("CARD_ID"), nickname: "Settlement" };
  const first = await expectCall(202, "POST", create, { body });
  const second = await expectCall(202, "POST", create, { body, headers: await retryHeaders(first, key) });
  const { delegatedKeyId } = JSON.parse(second.payloadToSign).parameters;
  const stamp = `${create}/${delegatedKeyId}/stamp`;
  const payloadToSign = '{"authorization":"auth_5b0c81f2","amount":1250}';
  await expectCall(409, "POST", stamp, { body: { payloadToSign }, code: "CONFLICT" });
  ok("delegated-key-pending");

  const made = await expectCall(201, "POST", create, { body, headers: await retryHeaders(second, key) });
  insist(made.id === delegatedKeyId && made.status === "ACTIVE", "the third leg activates the key of the second");
  const stamped = await expectCall(200, "POST", stamp, { body: { payloadToSign } });
  insist(isStampBy(made.publicKey, stamped.stamp, payloadToSign), "the stamp doesn't verify");
  insist(!isStampBy(made.publicKey, stamped.stamp, `${payloadToSign} `), "the stamp verifies for another payload");
  ok("delegated-key-stamps");

  await signedRetry("DELETE", `${create}/${made.id}`, { key, success: 204 });
  await expectCall(409, "POST", stamp, { body: { payloadToSign }, code: "CONFLICT" });
  const { data } = await expectCall(200, "GET", `${create}?cardId=${encodeURIComponent(body.cardId)}`);
  insist(data.some(({ id, status }) => id === made.id && status === "REVOKED"), "the revoked key is not listed");
  ok("delegated-key-revoked");
}

async function main() {
  await byEmailedCode();
  const owner = await openSession();
  await bySms(owner);
  await byIdToken(owner);
  await byPasskey(owner);
  await byDelegatedKey(owner);
  await signedRetry("DELETE", `/auth/sessions/${owner.id}`, { key: owner.key, success: 204 });
}

main().catch((cause) => fail(cause.stack ?? String(cause)));
