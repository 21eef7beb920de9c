// The door for the browser: one answer, only with the state it waits for, on this machine's own address, and not for ever.
import { afterEach, expect, it } from "vitest";
import { type Loopback, type LoopbackOptions, openLoopback } from "../src/loopback.ts";

const open: Loopback[] = [];
afterEach(async () => {
  for (const door of open.splice(0)) await door[Symbol.asyncDispose]();
});

async function doorWith(more: Partial<LoopbackOptions> = {}): Promise<Loopback> {
  const signal = new AbortController().signal;
  const door = await openLoopback({ redirect: "http://127.0.0.1/", state: "word", waitMs: 60_000, signal, ...more });
  open.push(door);
  return door;
}

it("takes the answer with its state, and nothing else before it", async () => {
  const door = await doorWith();
  expect(door.redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  for (const other of ["", "?code=1", "?code=1&state=other", "?state=word", "other?code=1&state=word"])
    expect((await fetch(`${door.redirect}${other}`)).status).toBe(400);
  expect((await fetch(`${door.redirect}?code=1&state=word`, { method: "POST" })).status).toBe(400);
  const page = await fetch(`${door.redirect}?code=7&state=word`);
  expect(await page.text()).toMatch(/You can close this window/);
  expect(page.headers.get("content-security-policy")).toBe("default-src 'none'");
  // A second one changes nothing.
  await fetch(`${door.redirect}?code=8&state=word`);
  expect((await door.answer).searchParams.get("code")).toBe("7");
});

it("a refusal is an answer too", async () => {
  const door = await doorWith({ redirect: "http://localhost/" });
  const page = await fetch(`${door.redirect.replace("localhost", "127.0.0.1")}?error=access_denied&state=word`);
  expect(await page.text()).toMatch(/refused/);
  expect((await door.answer).searchParams.get("error")).toBe("access_denied");
});

it("ends when nobody comes, and with Ctrl-C", async () => {
  await expect((await doorWith({ waitMs: 1 })).answer).rejects.toMatchObject({ code: "SIGN_IN_EXPIRED" });
  const leaving = new AbortController();
  const door = await doorWith({ signal: leaving.signal });
  leaving.abort(new Error("left"));
  await expect(door.answer).rejects.toThrow("left");
});

it("is closed when it is left: nothing listens any more", async () => {
  const door = await doorWith();
  await door[Symbol.asyncDispose]();
  open.pop();
  await expect(fetch(door.redirect)).rejects.toThrow("fetch failed");
});
