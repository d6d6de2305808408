/** Who comes in, and how. */
import { expect, it } from "vitest";
import { inaccessible, visit } from "../visitor";
import { button, goto, heading, page, pilot, visitor } from "./story";

it("somebody comes in by an invitation, and may do what their role allows", async () => {
  await goto("/members");
  await button("Invite").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail").fill("grace@example.com");
  await dialog.getByLabel("Role").selectOption("viewer");
  await button("Make the link").click();
  const link = await dialog.getByText(/\/invite\/\S+$/).textContent();
  await button("Done").click();
  await page.getByRole("heading", { name: "Open invitations" }).waitFor();

  const grace = await visit(visitor.origin + new URL(link ?? "").pathname);
  await grace.page.getByLabel("Name").fill("Grace");
  await grace.page.getByLabel("Password").fill("a long password");
  expect(await inaccessible(grace.page)).toEqual([]);
  await grace.page.getByRole("button", { name: "Sign up and join" }).click();
  await grace.page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await grace.page.getByRole("link", { name: "hello", exact: true }).first().waitFor();
  await grace.page.goto(`${grace.origin}/members`);
  await grace.page.getByRole("cell", { name: /^Grace/ }).waitFor();
  expect(await grace.page.getByRole("button", { name: "Invite" }).isDisabled()).toBe(true);
  await grace.page.getByLabel("Organization").selectOption({ index: 0 });
  await grace.page.getByRole("heading", { name: "Begin with a prompt, on the sandbox" }).waitFor();
  expect(grace.complaints()).toEqual([]);
  await grace.close();

  await page.reload();
  await page.getByLabel("Role of Grace").selectOption("developer");
  await page.getByText("Grace is developer now.").waitFor();
  await button("Remove Grace").click();
  await button("Remove them").click();
  await page.getByText("Grace is not a member any more.").waitFor();
});

it("a command line is let in by its code", async () => {
  const asked = await fetch(`${pilot.api}/api/logins`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "laptop" }),
  });
  const { code, token } = (await asked.json()) as { code: string; token: string };
  const me = () => fetch(`${pilot.api}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  expect((await me()).status).toBe(401);
  await goto("/device");
  await page.getByLabel("Code").fill(code);
  await button("Go on").click();
  await page.getByText("laptop").waitFor();
  expect(await inaccessible(page)).toEqual([]);
  await button("Approve").click();
  await page.getByText("The command line is let in").waitFor();
  expect((await me()).status).toBe(200);
  await goto("/profile");
  await button("Revoke laptop").click();
  await button("Revoke it").click();
  await page.getByText("laptop opens nothing any more.").waitFor();
  expect((await me()).status).toBe(401);
  await button("New token").click();
  await page.getByLabel("Name").fill("ci");
  await button("Make the token").click();
  await page.getByRole("region", { name: "the token" }).waitFor();
  await button("I have stored it").click();
  await page.getByRole("cell", { name: "ci", exact: true }).waitFor();
  await goto("/device?code=WRONG");
  await page.getByText("The code could not be looked up").waitFor();
});

it("who has no link is told where it is", async () => {
  await page.context().clearCookies();
  await goto("/endpoints");
  await heading("Sign in").waitFor();
  expect(await inaccessible(page)).toEqual([]);
});
