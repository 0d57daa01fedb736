// Calls of the API, signed retries, and the reporting of the client beside this file.

import { ApiKeyStamper } from "@turnkey/api-key-stamper";

const baseUrl = setting("BASE_URL").replace(/\/$/, "");
export const accountId = setting("ACCOUNT_ID");
const basic = Buffer.from(`${setting("CLIENT_ID")}:${setting("CLIENT_SECRET")}`).toString("base64");

export function setting(name) {
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
export async function expectCall(status, method, path, options = {}) {
  const answer = await call(method, path, options);
  const code = options.code;
  if (answer.status !== status || (code !== undefined && answer.body?.code !== code)) {
    const expected = code === undefined ? status : `${status} ${code}`;
    fail(`${method} ${path} was answered ${answer.status} ${JSON.stringify(answer.body)}, not ${expected}`);
  }
  return answer.body;
}

/** The headers of a retry: the stamp over the challenge's payload by `key`, and the id of the pending request. */
export async function retryHeaders(challenge, key) {
  const stamper = new ApiKeyStamper({ apiPublicKey: key.publicKey, apiPrivateKey: key.privateKey });
  // Sign the text as it came: parsing it and writing it again may change a byte.
  const { stampHeaderValue } = await stamper.stamp(challenge.payloadToSign);
  return { "Grid-Wallet-Signature": stampHeaderValue, "Request-Id": challenge.requestId };
}

/** Both legs of a signed retry: the same call twice, the second time countersigned by `key`. */
export async function signedRetry(method, path, { body, key, success }) {
  const challenge = await expectCall(202, method, path, { body });
  return expectCall(success, method, path, { body, headers: await retryHeaders(challenge, key) });
}

export const listSessions = async () =>
  (await expectCall(200, "GET", `/auth/sessions?accountId=${encodeURIComponent(accountId)}`)).data;

// ---------------------------------------------------------------------------------------------------------------------
// Reporting

export function ok(step) {
  console.log(`ok ${step}`);
}

export function fail(message) {
  console.error(`not ok: ${message}`);
  process.exit(1);
}

export function insist(condition, message) {
  if (!condition) {
    fail(message);
  }
}
