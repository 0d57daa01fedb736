// A wallet user's client, start to finish: sign in by email code, look at the sessions, refresh them both ways, sign out.
//
//   npm ci
//   BASE_URL=… CLIENT_ID=… CLIENT_SECRET=… ACCOUNT_ID=… node client.mjs
//
// `countersign serve --sandbox --print-env FILE` writes the four settings to FILE as shell assignments. QUORUM_PUBLIC_KEY
// is the server's long-lived quorum key, 130 hex digits: a real client has it built in (pinned) and never takes it from
// the server. Without it this script trusts the one in the first bundle, which is good enough for a try and no more.
//
// Every step prints one line, `ok <step>`. The first answer that isn't the expected one ends the script with status 1.

import { ApiKeyStamper } from "@turnkey/api-key-stamper";
import {
  decryptCredentialBundle,
  encryptOtpCodeToBundle,
  generateP256KeyPair,
  getPublicKey,
} from "@turnkey/crypto";

const baseUrl = setting("BASE_URL").replace(/\/$/, "");
const accountId = setting("ACCOUNT_ID");
const basic = Buffer.from(`${setting("CLIENT_ID")}:${setting("CLIENT_SECRET")}`).toString("base64");
const pinnedQuorumKey = process.env.QUORUM_PUBLIC_KEY;

// In sandbox nothing is sent and the code is always this one.
const SANDBOX_CODE = "000000";

function setting(name) {
  const value = process.env[name];
  if (!value) {
    fail(`${name} is not set`);
  }
  return value;
}

// ---------------------------------------------------------------------------------------------------------------------
// Calls

/** Calls the API. Returns the status, and the body where there is one. */
async function call(method, path, { body, headers = {} } = {}) {
  const response = await fetch(baseUrl + path, {
    method,
    headers: {
      authorization: `Basic ${basic}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

/** Calls the API and insists on a status, and for errors on a code. */
async function expectCall(status, method, path, options = {}) {
  const answer = await call(method, path, options);
  const code = options.code;
  if (answer.status !== status || (code !== undefined && answer.body?.code !== code)) {
    const expected = code === undefined ? status : `${status} ${code}`;
    fail(`${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}, not ${expected}`);
  }
  return answer.body;
}

/** The headers of a retry: the stamp over the challenge's payload by `key`, and the id of the pending request. */
async function retryHeaders(challenge, key) {
  const stamper = new ApiKeyStamper({ apiPublicKey: key.publicKey, apiPrivateKey: key.privateKey });
  // Sign the text as it came: parsing it and writing it again may change a byte.
  const { stampHeaderValue } = await stamper.stamp(challenge.payloadToSign);
  return { "Grid-Wallet-Signature": stampHeaderValue, "Request-Id": challenge.requestId };
}

/** Both legs of a signed retry: the same call twice, the second time countersigned by `key`. */
async function signedRetry(method, path, { body, key, success }) {
  const challenge = await expectCall(202, method, path, { body });
  return expectCall(success, method, path, { body, headers: await retryHeaders(challenge, key) });
}

const listSessions = async () =>
  (await expectCall(200, "GET", `/auth/sessions?accountId=${encodeURIComponent(accountId)}`)).data;

// ---------------------------------------------------------------------------------------------------------------------
// Reporting

function ok(step) {
  console.log(`ok ${step}`);
}

function fail(message) {
  console.error(`not ok: ${message}`);
  process.exit(1);
}

function insist(condition, message) {
  if (!condition) {
    fail(message);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The story

async function main() {
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

main().catch((cause) => fail(cause.stack ?? String(cause)));
