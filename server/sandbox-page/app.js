// The page: what the person does, and what is shown of it.

import { Api } from "./api.js";
import { byId, element, show, write } from "./dom.js";
import * as legs from "./legs.js";
import { openTarget, sealCode } from "./otp.js";
import { newSessionKey, stampVerifies } from "./p256.js";
import * as passkey from "./passkey.js";

const KEPT = "countersign-sandbox";

let api;
let start;
let email;
let passkeys = [];
/** The challenge of the last code. */
let target;
/** `{session, key}` of whoever is signed in. */
let signedIn;
/** The card's delegated key, unless it is revoked. */
let delegated;

// ---------------------------------------------------------------------------------------------------------------------
// Actions

let busy = false;

/** Runs one action at a time, and says how it ended. */
async function act(action) {
  if (busy) {
    return;
  }
  busy = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    say(await action());
  } catch (cause) {
    say(explain(cause), "refused");
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

function say(text, kind = "") {
  byId("said").className = kind;
  write("said", text ?? "");
}

function explain(cause) {
  if (cause instanceof DOMException && cause.name === "NotAllowedError") {
    return "The passkey wasn't used: the browser's question was dismissed or timed out.";
  }
  if (cause instanceof DOMException && cause.name === "InvalidStateError") {
    return "This authenticator has a passkey for the account already.";
  }
  return cause instanceof TypeError ? `The server can't be reached: ${cause.message}` : cause.message;
}

const onClick = (id, action) => byId(id).addEventListener("click", () => act(action));

function onSubmit(id, action) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    act(action);
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// The platform's credentials

/** Takes credentials from the link, where they are in the fragment, or those that the tab keeps. */
async function open() {
  const linked = decodeURIComponent(location.hash.slice(1));
  if (linked.includes(":")) {
    // Out of the address bar and of what is copied from it.
    history.replaceState(null, "", location.pathname);
  }
  const credentials = linked.includes(":") ? linked : sessionStorage.getItem(KEPT);
  if (credentials === null) {
    show("connect", true);
    return undefined;
  }
  return connect(credentials);
}

async function connect(credentials) {
  const colon = credentials.indexOf(":");
  const client = credentials.slice(0, colon);
  api = new Api(client, credentials.slice(colon + 1), legs.note);
  try {
    start ??= await (await fetch("/sandbox/start.json")).json();
    await loadCredentials();
    await loadDelegated();
  } catch (cause) {
    disconnect();
    throw cause;
  }
  sessionStorage.setItem(KEPT, credentials);
  write("client", client);
  write("sandbox-code", start.code);
  byId("localhost").href = `http://localhost:${location.port}${location.pathname}#${credentials}`;
  show("connect", false);
  show("connected", true);
  show("doors", true);
  draw();
  return "Connected.";
}

function disconnect() {
  sessionStorage.removeItem(KEPT);
  api = target = signedIn = delegated = undefined;
  legs.clear();
  show("connected", false);
  show("doors", false);
  show("connect", true);
  byId("client-id").focus();
}

// ---------------------------------------------------------------------------------------------------------------------
// Signing in

const credentialPath = (id, action) => `/auth/credentials/${id}/${action}`;

async function loadCredentials() {
  const path = `/auth/credentials?accountId=${encodeURIComponent(start.accountId)}`;
  const { data } = await api.fetch("List credentials", "GET", path);
  if (data.length === 0) {
    throw new Error("These credentials are of another platform. Use those that the server printed.");
  }
  email = data.find(({ type }) => type === "EMAIL_OTP");
  passkeys = data.filter(({ type }) => type === "PASSKEY");
}

async function sendCode() {
  const challenged = await api.fetch("Ask for a code", "POST", credentialPath(email.id, "challenge"));
  target = await openTarget(challenged.otpEncryptionTargetBundle, start.quorumPublicKey);
  draw();
  byId("code").value = "";
  byId("code").focus();
  return "The server's one-time key is signed by its quorum key. Type the code.";
}

async function signInByCode() {
  const key = await newSessionKey();
  // Made once and sent on both legs: sealing again would give another body.
  const encryptedOtpBundle = await sealCode(target, byId("code").value, key.publicKey);
  const body = { type: "EMAIL_OTP", encryptedOtpBundle };
  const path = credentialPath(email.id, "verify");
  const session = await api.signed("Sign in by code", "POST", path, { body, key });
  target = undefined;
  return enter(session, key, "Signed in by email code.");
}

async function signInByPasskey(credential) {
  const key = await newSessionKey();
  const challenged = await api.fetch("Ask for a challenge", "POST", credentialPath(credential.id, "challenge"), {
    body: { clientPublicKey: key.publicKey },
  });
  const assertion = await passkey.get(challenged);
  const session = await api.fetch("Sign in by passkey", "POST", credentialPath(credential.id, "verify"), {
    body: { type: "PASSKEY", assertion },
    headers: { "Request-Id": challenged.requestId },
  });
  return enter(session, key, `Signed in by the passkey “${credential.nickname}”.`);
}

async function register() {
  const nickname = byId("nickname").value;
  const known = passkeys.map(({ credentialId }) => credentialId);
  const made = await passkey.create(nickname, known);
  const body = { type: "PASSKEY", accountId: start.accountId, nickname, ...made };
  await api.signed("Register a passkey", "POST", "/auth/credentials", { body, key: signedIn.key });
  await loadCredentials();
  draw();
  return `The passkey “${nickname}” is registered.`;
}

// ---------------------------------------------------------------------------------------------------------------------
// The session

function enter(session, key, done) {
  signedIn = { session, key };
  draw();
  byId("refresh").focus();
  return done;
}

function leave(done) {
  signedIn = undefined;
  draw();
  byId(target ? "code" : "send").focus();
  return done;
}

async function refresh() {
  const { session, key } = signedIn;
  const next = await newSessionKey();
  const refreshed = await api.signed("Refresh", "POST", `/auth/sessions/${session.id}/refresh`, {
    body: { clientPublicKey: next.publicKey },
    key,
  });
  return enter(refreshed, next, "A new session, countersigned by the one before, which lives on until it ends.");
}

async function signOut() {
  const { session, key } = signedIn;
  await api.signed("Sign out", "DELETE", `/auth/sessions/${session.id}`, { key });
  return leave("Signed out.");
}

function tick() {
  if (!signedIn) {
    return;
  }
  const left = Math.floor((Date.parse(signedIn.session.expiresAt) - Date.now()) / 1000);
  if (left <= 0) {
    say(leave("The session has ended."));
    return;
  }
  write("session-left", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
}

// ---------------------------------------------------------------------------------------------------------------------
// The delegated key

async function loadDelegated() {
  const path = `/auth/delegated-keys?cardId=${encodeURIComponent(start.cardId)}`;
  const { data } = await api.fetch("List delegated keys", "GET", path);
  delegated = data.find(({ status }) => status !== "REVOKED");
}

async function delegate() {
  const body = { cardId: start.cardId, nickname: byId("delegated-nickname").value };
  try {
    const key = signedIn.key;
    delegated = await api.signed("Create a delegated key", "POST", "/auth/delegated-keys", { body, key });
  } finally {
    // A key whose last leg failed is pending, and can be revoked.
    if (delegated === undefined) {
      await loadDelegated();
    }
    draw();
  }
  byId("payload").focus();
  return "The delegated key is active.";
}

async function stampIt() {
  const payloadToSign = byId("payload").value;
  const path = `/auth/delegated-keys/${delegated.id}/stamp`;
  const { stamp } = await api.fetch("Stamp with the delegated key", "POST", path, { body: { payloadToSign } });
  if (!(await stampVerifies(stamp, payloadToSign, delegated.publicKey))) {
    throw new Error("The stamp doesn't verify.");
  }
  return "Stamped, and this page has verified the stamp with the key above.";
}

async function revoke() {
  await api.signed("Revoke the delegated key", "DELETE", `/auth/delegated-keys/${delegated.id}`, { key: signedIn.key });
  delegated = undefined;
  draw();
  byId("delegated-nickname").focus();
  return "The delegated key is revoked.";
}

// ---------------------------------------------------------------------------------------------------------------------
// What is shown

const KINDS = { EMAIL_OTP: "Email code", SMS_OTP: "SMS code", OAUTH: "OpenID Connect", PASSKEY: "Passkey" };

function draw() {
  show("email-door", email !== undefined);
  write("email", email?.nickname ?? "");
  show("code-form", target !== undefined);
  write("send", target ? "Send another code" : "Send a code");
  byId("send").className = target ? "quiet" : "";

  const able = passkey.possible();
  show("elsewhere", !able);
  byId("passkeys").replaceChildren(...passkeys.map(passkeyRow));
  show("no-passkeys", passkeys.length === 0);
  show("register-form", able && signedIn !== undefined);
  show("register-hint", signedIn === undefined);

  show("session", signedIn !== undefined);
  show("no-session", signedIn === undefined);
  if (signedIn) {
    const { session, key } = signedIn;
    write("session-by", `${KINDS[session.type]}, ${session.nickname}`);
    write("session-id", session.id);
    write("session-key", key.publicKey);
    tick();
  }

  show("delegated", delegated !== undefined);
  show("delegate-form", delegated === undefined && signedIn !== undefined);
  show("delegated-hint", signedIn === undefined);
  if (delegated) {
    write("delegated-status", delegated.status);
    byId("delegated-status").classList.toggle("ok", delegated.status === "ACTIVE");
    byId("delegated-status").classList.toggle("asks", delegated.status === "PENDING");
    write("delegated-name", delegated.nickname);
    write("delegated-id", delegated.id);
    write("delegated-key", delegated.publicKey);
    show("stamp-form", delegated.status === "ACTIVE");
    show("revoke", signedIn !== undefined);
  }
}

function passkeyRow(credential) {
  const button = element("button", { type: "button", "aria-label": `Sign in with ${credential.nickname}` }, "Sign in");
  button.disabled = !passkey.possible();
  button.addEventListener("click", () => act(() => signInByPasskey(credential)));
  return element("li", {}, element("span", {}, credential.nickname), button);
}

// ---------------------------------------------------------------------------------------------------------------------

onSubmit("connect-form", () => connect(`${byId("client-id").value.trim()}:${byId("client-secret").value.trim()}`));
onSubmit("send-form", sendCode);
onSubmit("code-form", signInByCode);
onSubmit("register-form", register);
onSubmit("delegate-form", delegate);
onSubmit("stamp-form", stampIt);
onClick("refresh", refresh);
onClick("sign-out", signOut);
onClick("revoke", revoke);
onClick("disconnect", disconnect);
byId("legs-clear").addEventListener("click", legs.clear);
addEventListener("hashchange", () => act(open));
setInterval(tick, 1000);

if (isSecureContext) {
  act(open);
} else {
  show("insecure", true);
}
