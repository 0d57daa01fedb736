// A person at the confirm page of CLI login, in headless Chromium, with the keyboard alone.
//
//   URL=http://localhost:…/handler/cli-auth-confirm?login_code=… ACT=approve EMAIL=… node confirm.mjs
//
// ACT is `approve`, `bring` (approve, and bring anonymous work along), `deny`, `deny-signed-in` or `look`. CHROMIUM names
// the browser. With SCREENSHOTS=FOLDER it leaves a picture of every state there, at two widths, light and dark. Every step
// prints one line, `ok <step>`; the first thing that isn't as it should be ends the script with status 1.

import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";

const { URL: address, ACT: act, EMAIL: email, SCREENSHOTS: folder, WIDTH = "390", SCHEME = "light" } = process.env;

const ok = (step) => console.log(`ok ${step}`);

function insist(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

const { stdout: found } = spawnSync("sh", ["-c", 'command -v "$0"', process.env.CHROMIUM ?? "chromium"], {
  encoding: "utf8",
});
insist(found, "chromium is not installed (on Debian: apt-get install chromium)");
const browser = await chromium.launch({
  executablePath: found.trim(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"],
});
const context = await browser.newContext({
  viewport: { width: Number(WIDTH), height: 900 },
  colorScheme: SCHEME,
  javaScriptEnabled: true,
});
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
    complaints.push(message.text());
  }
});
page.on("request", (request) => {
  if (new URL(request.url()).origin !== new URL(address).origin) {
    complaints.push(`a request to ${request.url()}`);
  }
});

async function picture(name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  insist(wide === 0, `${name} is ${wide} pixels too wide`);
  if (folder) {
    await page.screenshot({ path: `${folder}/${name}-${WIDTH}-${SCHEME}.png`, fullPage: true });
  }
}

/** Presses Tab until the element has the focus: nothing may be out of the keyboard's reach. */
async function tabTo(selector) {
  for (let presses = 0; presses < 12; presses += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard doesn't reach ${selector}`);
}

async function submit(heading) {
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: heading }).waitFor();
}

const radio = (name) => page.getByRole("radio", { name });

async function signIn() {
  await tabTo("#email");
  await page.keyboard.type(email);
  await submit("Enter the code");
  await picture("code");
  insist(await page.evaluate(() => document.activeElement.id === "code"), "the code has no focus");
  await page.keyboard.type("zzzzzz");
  await submit("Enter the code");
  await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  await picture("wrong");
  ok("wrong-code");
  await page.keyboard.type("000 000");
  await page.keyboard.press("Enter");
  await page.getByText(`You are signed in as ${email}.`).waitFor();
  insist(!(await page.evaluate(() => document.cookie)), "a script can read a cookie");
  await picture("decide");
  ok("sign-in");
}

await page.goto(address);
const code = new URL(address).searchParams.get("login_code");
if (act === "look") {
  console.log(`heading ${await page.getByRole("heading", { level: 1 }).textContent()}`);
} else {
  const short = `${code.slice(0, 4)}-${code.slice(4, 8)}`;
  insist((await page.locator(".short-code").textContent()) === short, "the short code isn't shown");
  await picture("address");
  ok("short-code");
  if (act !== "deny") {
    await signIn();
  }
  if (act === "bring") {
    insist(await radio("Leave it behind").isChecked(), "the choice isn't preset to no");
    await tabTo('input[type="radio"]');
    await page.keyboard.press("ArrowDown");
    insist(await radio("Bring it along").isChecked(), "the keyboard doesn't reach the other choice");
  }
  if (act.startsWith("deny")) {
    await tabTo("button.deny");
    await submit("Denied");
  } else {
    await tabTo("button.primary");
    await submit("Approved");
  }
  await picture("done");
  ok(act);
  // Nothing happens twice: the page says so when it is opened again.
  await page.goto(address);
  await page.getByRole("heading", { name: act.startsWith("deny") ? "Denied" : "Already decided" }).waitFor();
  ok("again");
}
insist(complaints.length === 0, complaints.join("\n"));
await browser.close();
