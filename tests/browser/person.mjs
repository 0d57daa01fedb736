// A person at the sandbox page, in headless Chromium with a virtual authenticator: signs in by email code, refreshes,
// registers a passkey and signs in with it, makes, uses and revokes a delegated key, and signs out.
//
//   npm ci
//   BASE_URL=http://localhost:… CLIENT_ID=… CLIENT_SECRET=… node person.mjs
//
// CHROMIUM names the browser, `chromium` by default. With SCREENSHOTS=FOLDER it leaves pictures there. Every step prints
// one line, `ok <step>`; the first thing that isn't as it should be ends the script with status 1.

import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";

const PATIENCE = 15_000;

const base = setting("BASE_URL").replace(/\/$/, "");
const credentials = `${setting("CLIENT_ID")}:${setting("CLIENT_SECRET")}`;
const screenshots = process.env.SCREENSHOTS;

function setting(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

const ok = (step) => console.log(`ok ${step}`);

function insist(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

function browserPath() {
  const name = process.env.CHROMIUM ?? "chromium";
  const { stdout } = spawnSync("sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" });
  insist(stdout, `${name} is not installed (on Debian: apt-get install chromium)`);
  return stdout.trim();
}

const browser = await chromium.launch({
  executablePath: browserPath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
});

/** A page that may ask nobody but the server, and that must not complain. */
async function opened(options, url) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // Chromium writes every refusal of the server here, and those are expected.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(base).origin) {
      complaints.push(`a request to ${request.url()}`);
    }
  });
  await page.goto(url);
  return { context, page, complaints };
}

/** An authenticator inside the machine that says yes to everything. */
async function withAuthenticator(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
}

const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const text = (page, id) => page.locator(`#${id}`).textContent();

/** Titles and statuses of the legs, the oldest first. */
const legs = (page) =>
  page
    .locator("#legs > li")
    .evaluateAll((items) =>
      items.map((item) => `${item.querySelector(".status").textContent} ${item.querySelector(".title").textContent}`),
    )
    .then((titles) => titles.reverse());

/** Insists on the legs since the last time, and clears them. */
async function expectLegs(page, expected) {
  const seen = await legs(page);
  insist(JSON.stringify(seen) === JSON.stringify(expected), `legs: ${JSON.stringify(seen)}`);
  await press(page, "Clear");
}

async function story({ page, complaints }) {
  const passkeysOf = await withAuthenticator(page);
  await said(page, "Connected.");
  insist(!page.url().includes("cs_client"), "the credentials are still in the address bar");
  await expectLegs(page, ["200 List credentials", "200 List delegated keys"]);
  ok("connect");

  // By keyboard alone, from the button that has the focus last.
  await page.getByRole("button", { name: "Send a code" }).focus();
  await page.keyboard.press("Enter");
  await said(page, "signed by its quorum key");
  await page.keyboard.type("123456");
  await page.keyboard.press("Enter");
  await page.locator("#said.refused").waitFor();
  await expectLegs(page, ["200 Ask for a code", "401 Sign in by code"]);
  ok("wrong-code-refused");

  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.keyboard.press("Enter");
  await said(page, "Signed in by email code.");
  const shown = page.locator("#legs > li").first();
  insist((await shown.textContent()).includes("SIGNATURE_SCHEME_TK_API_P256"), "the stamp isn't shown");
  const asked = await page.locator("#legs > li").nth(1).textContent();
  insist(asked.includes("OTP_TYPE_EMAIL") && asked.includes("encryptedOtpBundle"), "the payload isn't shown");
  insist(await page.evaluate(() => document.activeElement.id === "refresh"), "the focus was lost");
  await expectLegs(page, ["202 Sign in by code", "200 Sign in by code, leg 2"]);
  ok("email-code");

  const [session, key] = [await text(page, "session-id"), await text(page, "session-key")];
  await press(page, "Refresh");
  await said(page, "A new session");
  insist((await text(page, "session-id")) !== session, "a refresh opens a new session");
  insist((await text(page, "session-key")) !== key, "a refresh takes a new key");
  await expectLegs(page, ["202 Refresh", "201 Refresh, leg 2"]);
  ok("refresh");

  await page.locator("#nickname").fill("Virtual key");
  await press(page, "Register a passkey");
  await said(page, "is registered.");
  insist((await passkeysOf()).length === 1, "the authenticator has no passkey");
  await expectLegs(page, ["202 Register a passkey", "201 Register a passkey, leg 2", "200 List credentials"]);
  ok("register-passkey");

  await press(page, "Register a passkey");
  await said(page, "has a passkey for the account already");
  ok("second-passkey-refused");

  await press(page, "Sign out");
  await said(page, "Signed out.");
  await expectLegs(page, ["202 Sign out", "204 Sign out, leg 2"]);
  ok("sign-out");

  await press(page, "Sign in with Virtual key");
  await said(page, "Signed in by the passkey");
  insist((await text(page, "session-by")).startsWith("Passkey"), "the session isn't the passkey's");
  insist((await passkeysOf())[0].signCount > 0, "the passkey has signed nothing");
  await expectLegs(page, ["200 Ask for a challenge", "200 Sign in by passkey"]);
  ok("passkey");

  await page.locator("#delegated-nickname").fill("Settlement");
  await press(page, "Create a delegated key");
  await said(page, "The delegated key is active.");
  insist((await text(page, "delegated-status")) === "ACTIVE", "the key isn't active");
  await expectLegs(page, [
    "202 Create a delegated key",
    "202 Create a delegated key, leg 2",
    "201 Create a delegated key, leg 3",
  ]);
  ok("delegate");

  await press(page, "Stamp it");
  await said(page, "has verified the stamp");
  await fits(page);
  ok("stamp");

  await press(page, "Revoke");
  await said(page, "The delegated key is revoked.");
  await expectLegs(page, [
    "200 Stamp with the delegated key",
    "202 Revoke the delegated key",
    "204 Revoke the delegated key, leg 2",
  ]);
  ok("revoke");

  // A reload keeps the credentials and ends the session, whose key was in the page alone.
  await page.reload();
  await said(page, "Connected.");
  insist(await page.getByText("Nobody is signed in.").isVisible(), "a session outlived its key");
  insist(complaints.length === 0, complaints.join("\n"));
  ok("reload");
}

const SIZES = [
  [1280, 800],
  [390, 844],
];

/** The page as it is now must fit both widths; pictures of it in both schemes. */
async function fits(page) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of SIZES) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      insist(wide <= width, `at ${width} pixels the page is ${wide} wide`);
      insist(await page.getByRole("status").isVisible(), "what was said isn't there");
      if (screenshots) {
        await page.screenshot({ path: `${screenshots}/${colorScheme}-${width}.png`, fullPage: true });
        await page.screenshot({ path: `${screenshots}/${colorScheme}-${width}-top.png` });
      }
    }
  }
  ok("fits");
}

/** Without a link, and with a wrong secret typed in. */
async function unconnected() {
  const { context, page } = await opened({}, `${base}/sandbox`);
  await page.getByLabel("Client id").fill(setting("CLIENT_ID"));
  await page.getByLabel("Client secret").fill("wrong");
  await press(page, "Connect");
  await page.locator("#said.refused").waitFor();
  insist(!(await page.locator("#doors").isVisible()), "a wrong secret opened the page");
  await page.getByLabel("Client secret").fill(setting("CLIENT_SECRET"));
  await press(page, "Connect");
  await said(page, "Connected.");
  await press(page, "Disconnect");
  await page.getByRole("heading", { name: "Connect" }).waitFor();
  await context.close();
  ok("credentials-by-hand");
}

try {
  await unconnected();
  await story(await opened({ viewport: { width: 1280, height: 800 } }, `${base}/sandbox#${credentials}`));
} catch (cause) {
  console.error(`not ok: ${cause.stack}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
