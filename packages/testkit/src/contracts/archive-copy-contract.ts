// The archive contract's part on what servers make of what is appended (C5): what is known of an account, and the server's own copies.
import type { Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bindingOf, bodyOf, type On } from "./archive-fixture.ts";

const INBOX = ["INBOX"];

export function archiveCopyContract(on: On): void {
  describe("what a server makes of an APPEND", () => copies(on));
}

function copies(on: On): void {
  it(
    "C5: adds up what was read back, and remembers that one was rewritten",
    on(async (hand) => {
      expect(await hand.archive.appendHabits()).toEqual({ readBack: 0, rewrites: false });
      const read = (messages: number, rewrites: boolean) => ({ kind: "readBack", messages, rewrites }) as const;
      expect((await hand.commit({ base: [read(3, false)] })).revision).toBeNull();
      expect(await hand.archive.appendHabits()).toEqual({ readBack: 3, rewrites: false });
      await hand.commit({ base: [read(4, false), read(2, true)] });
      await hand.commit({ base: [read(1, false)] });
      expect(await hand.archive.appendHabits()).toEqual({ readBack: 10, rewrites: true });
    }),
  );

  it(
    "C5 U1: keeps the server's own copy with the binding, through a new UIDVALIDITY; the message is known by it there",
    on(async (hand) => {
      const inbox = await hand.pair(INBOX);
      const [body, made] = [bodyOf("one"), bodyOf("what became of it")];
      const { messageId, copy: none } = await hand.add(inbox, 1, body);
      expect(none).toBeNull();
      const { sha256, fingerprint } = made.digests;
      const copy = { sha256, fingerprint, size: made.bytes.length };
      const bind = (uid: number, of: typeof copy | { sha256: string; fingerprint: null; size: number }) =>
        ({ kind: "bind", messageId, binding: { ...bindingOf(inbox.remote, uid), copy: of } }) as const;
      await hand.commit({ base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[1, 1]] }, bind(2, copy)] });
      const shown = { copy, fingerprint, size: made.bytes.length, canonical: body.digests.canonical };
      expect(await hand.row(inbox.remote, 2)).toMatchObject(shown);
      // A push sends what the archive has.
      const row = await hand.pushRow(messageId);
      expect(row).toMatchObject({ size: body.bytes.length, fingerprint: body.digests.fingerprint });
      expect(row.placements).toMatchObject([{ uid: 2, copy }]);
      const pairs = [[2 as Uid, 9 as Uid]] as const;
      await hand.commit({ base: [{ kind: "rekey", remoteMailboxId: inbox.remote, uidValidity: 8n, pairs }] });
      expect(await hand.row(inbox.remote, 9)).toMatchObject(shown);
      const headless = { sha256, fingerprint: null, size: 3 };
      await hand.commit({
        base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[9, 9]] }, bind(3, headless)],
      });
      expect(await hand.row(inbox.remote, 3)).toMatchObject({ copy: headless, fingerprint: null, size: 3 });
    }),
  );
}
