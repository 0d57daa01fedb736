// Calls to the API, each noted as a leg.

import { base64, utf8 } from "./bytes.js";
import { stamp } from "./p256.js";

/** An answer that isn't the one hoped for. */
class Refused extends Error {
  constructor({ status, body }) {
    const problems = (body?.details?.errors ?? []).map(({ path, message }) => `${path} ${message}`);
    super([body?.message ?? `The server answered ${status}.`, ...problems].join(" "));
  }
}

export class Api {
  #authorization;
  #note;

  /** `note` is told of each exchange. */
  constructor(clientId, clientSecret, note) {
    this.#authorization = `Basic ${base64(utf8(`${clientId}:${clientSecret}`))}`;
    this.#note = note;
  }

  /** One call. Returns what the server answered, if that is a success. */
  async call(title, method, path, { body, headers = {} } = {}) {
    const started = performance.now();
    const response = await fetch(path, {
      method,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
    });
    const text = await response.text();
    const answer = { status: response.status, body: read(text) };
    this.#note({ title, method, path, headers, body, answer, millis: performance.now() - started });
    if (!response.ok) {
      throw new Refused(answer);
    }
    return answer;
  }

  /** The body of an answer. */
  async fetch(title, method, path, options) {
    return (await this.call(title, method, path, options)).body;
  }

  /** A signed retry: as long as the answer is a challenge, its payload is stamped and the same call made again. */
  async signed(title, method, path, { body, key }) {
    let answer = await this.call(title, method, path, { body });
    for (let leg = 2; answer.status === 202; leg += 1) {
      const { payloadToSign, requestId } = answer.body;
      const headers = { "Grid-Wallet-Signature": await stamp(payloadToSign, key), "Request-Id": requestId };
      answer = await this.call(`${title}, leg ${leg}`, method, path, { body, headers });
    }
    return answer.body;
  }
}

function read(text) {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    return { message: text };
  }
}
