/** Somebody who signs in in two steps, and by a provider that does not answer. */
import { Secret, TOTP } from "otpauth";
import { expect, it } from "vitest";
import { start, withoutProvider, type Pilot } from "./pilot";
import { stage } from "./stage";
import { inaccessible, picture, visit, type Visitor } from "./visitor";

let pilot: Pilot;
let visitor: Visitor;

stage(
  (started, who) => ([pilot, visitor] = [started, who]),
  async () => start(await withoutProvider()),
);

const ADDRESS = "grace@example.com";
const PASSWORD = "a long password";

/** Somebody who has signed up by an invitation. */
async function grace(): Promise<Visitor> {
  const me = (await (await pilot.ask("GET", "/api/me")).json()) as { organizations: { id: string }[] };
  const path = `/api/organizations/${me.organizations[0]?.id}/invitations`;
  const invited = await pilot.ask("POST", path, { email: ADDRESS, role: "viewer" });
  const { url } = (await invited.json()) as { url: string };
  const grace = await visit(visitor.origin + new URL(url).pathname);
  await grace.page.getByLabel("Name").fill("Grace");
  await grace.page.getByLabel("Password").fill(PASSWORD);
  await grace.page.getByRole("button", { name: "Sign up and join" }).click();
  await grace.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  return grace;
}

it("an authenticator is set up, asked for at the next sign-in, and a recovery code stands in for it", async () => {
  const { page, origin, complaints, close } = await grace();
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const dialog = page.getByRole("dialog");
  await page.goto(`${origin}/profile`);
  await button("Set it up").click();
  await dialog.getByLabel("Password").fill(PASSWORD);
  await button("Go on").click();
  await dialog.getByRole("img").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await picture(page, "two-steps-set-up");
  const secret = await dialog.getByRole("region", { name: "the secret" }).textContent();
  const code = new TOTP({ secret: Secret.fromBase32(secret ?? "") }).generate();
  await dialog.getByLabel("Code").fill(code);
  await button("Turn it on").click();
  await button("I have stored them").waitFor();
  await picture(page, "recovery-codes");
  const codes =
    (await dialog.getByRole("region", { name: "the recovery codes" }).textContent())?.trim().split(/\s+/) ??
    [];
  expect(codes).toHaveLength(10);
  await button("I have stored them").click();
  await page.getByText("10 recovery codes left").waitFor();

  await button("Sign out").click();
  await dialog.getByRole("button", { name: "Sign out" }).click();
  // The provider that is named does not answer: the browser comes back, and the page says so.
  await page.getByRole("link", { name: "Continue with Example" }).click();
  await page.getByRole("alert").filter({ hasText: "The provider cannot be asked" }).waitFor();
  expect(page.url()).toBe(`${origin}/profile`);
  await picture(page, "sign-in-elsewhere");
  await page.getByLabel("E-mail").fill(ADDRESS);
  await page.getByLabel("Password").fill(PASSWORD);
  await button("Sign in").click();
  // The code that set it up was used.
  await page.getByLabel("Code").fill(code);
  expect(await inaccessible(page)).toEqual([]);
  await button("Go on").click();
  await page.getByLabel("Code").and(page.locator("[aria-invalid=true]")).waitFor();
  await picture(page, "second-step");
  await page.getByLabel("Code").fill(codes[0] ?? "");
  await button("Go on").click();
  await page.getByRole("heading", { name: "Profile", level: 1 }).waitFor();
  expect(complaints()).toEqual([]);
  await close();
});
