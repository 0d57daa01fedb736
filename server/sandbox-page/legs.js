// The legs: every call with what was sent, what was stamped and what came back.

import { byId, element, show, write } from "./dom.js";
import { readStamp } from "./p256.js";

let count = 0;

/** Shows a call above those before it. */
export function note(leg) {
  count += 1;
  write("legs-count", count === 1 ? "1 call" : `${count} calls`);
  show("legs-empty", false);
  show("legs-clear", true);
  const list = byId("legs");
  for (const open of list.querySelectorAll(":scope > li > details[open]")) {
    open.open = false;
  }
  list.prepend(element("li", {}, drawn(leg)));
}

export function clear() {
  count = 0;
  write("legs-count", "");
  byId("legs").replaceChildren();
  show("legs-empty", true);
  show("legs-clear", false);
}

function drawn({ title, method, path, headers, body, answer, millis }) {
  const verdict = answer.status < 300 ? (answer.status === 202 ? "asks" : "ok") : "refused";
  const summary = element(
    "summary",
    {},
    element("span", { class: `status ${verdict}` }, String(answer.status)),
    element("span", { class: "title" }, title),
    element("span", { class: "millis" }, `${Math.round(millis)} ms`),
    element("code", { class: "line" }, `${method} ${path}`),
  );
  const sent = Object.entries(headers);
  const signature = headers["Grid-Wallet-Signature"];
  const parts = [
    sent.length > 0 && part("Headers", sent.map(([name, value]) => `${name}: ${value}`).join("\n")),
    signature && part("Stamp, decoded", pretty(readStamp(signature))),
    body !== undefined && part("Body", pretty(body)),
    part("Answer", answer.body === undefined ? `${answer.status}, no body` : pretty(answer.body)),
    answer.body?.payloadToSign && payload(answer.body.payloadToSign),
  ];
  return element("details", { open: "" }, summary, ...parts.filter(Boolean));
}

/** What is to be stamped, read for people: JSON, or the claims of a token. */
function payload(text) {
  const claims = text.split(".");
  const readable = claims.length === 3 ? atob(claims[1].replaceAll("-", "+").replaceAll("_", "/")) : text;
  return part(claims.length === 3 ? "Payload to sign: the token's claims" : "Payload to sign", pretty(JSON.parse(readable)));
}

function part(heading, text) {
  const block = element("pre", { tabindex: "0", role: "region", "aria-label": heading }, text);
  return element("section", {}, element("h4", {}, heading), block);
}

const pretty = (value) => JSON.stringify(value, null, 2);
