// What of a message is a link, what it may ask for, which styles stay, and how its plain text is cut: tables of what senders try, and properties over
// anything.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOwnColour } from "../src/screens/mail/message-view/colours.ts";
import { keptDeclaration } from "../src/screens/mail/message-view/css.ts";
import { mayRun } from "../src/screens/mail/message-view/file-kinds.ts";
import { leavingAddress, leavingTarget, linkTarget, seenText } from "../src/screens/mail/message-view/links.ts";
import { blocksOf, piecesOf } from "../src/screens/mail/message-view/plain-text.ts";
import { cidOf, type Resource, resourceOf } from "../src/screens/mail/message-view/resources.ts";

describe("colours of its own", () => {
  it.each([
    ["color", "red", true],
    ["color", "rgb(0, 0, 0)", true],
    ["background-color", "#ffffff", true],
    ["background-image", 'url("data:image/png;base64,AA==")', true],
    ["-webkit-text-fill-color", "white", true],
    ["color", "inherit", false],
    ["color", "currentcolor", false],
    ["background-color", "transparent", false],
    ["background-color", "rgba(0, 0, 0, 0)", false],
    ["background-image", "none", false],
    ["background-color", "initial", false],
    ["border-left-color", "rgb(204, 204, 204)", false],
    ["font-size", "12px", false],
    ["margin-left", "0.8ex", false],
  ])("%s: %s: %s", (property, value, own) => expect(isOwnColour(property, value)).toBe(own));
});

describe("a link", () => {
  it.each([
    ["https://example.com/a?b=c", "here", "example.com", []],
    ["https://example.com", "www.example.com", "example.com", []],
    ["https://example.com", "https://EXAMPLE.com/x", "example.com", []],
    ["http://evil.example/", "https://bank.example/login", "evil.example", ["other-host", "in-the-clear"]],
    ["https://bank.example@evil.example/", "x", "evil.example", ["name-before-host"]],
    ["https://xn--pple-43d.com", "аpple.com", "xn--pple-43d.com", ["other-letters"]],
    ["https://аpple.com", "apple.com", "xn--pple-43d.com", ["other-host", "other-letters"]],
    ["https://2130706433/", "x", "127.0.0.1", ["number"]],
    ["https://[::1]/", "x", "[::1]", ["number"]],
    ["https://example.com/\u202egpj.exe", "x", "example.com", ["unseen"]],
    ["https://example.com/a%E2%80%AEb", "x", "example.com", ["unseen"]],
    ["mailto:ann@example.com?subject=x", "Ann", "ann@example.com", []],
    ["tel:+123", "call", "+123", []],
  ] as const)("%s, seen as %j, leads to %s", (href, text, host, tricks) => {
    expect(linkTarget(href, text)).toMatchObject({ host, tricks });
  });

  it.each([
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    " \u0001javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/x",
    "about:blank",
    "/relative",
    "//host/path",
    "#fragment",
    "",
    "https://",
    `https://example.com/${"x".repeat(9_000)}`,
  ])("%j is none", (href) => expect(linkTarget(href, "x")).toBeNull());

  it("comes out of the page that shows it as it went in, and only as one that may be opened", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string({ unit: "binary" })),
        (href) => {
          const target = linkTarget(href, "x");
          if (target !== null) {
            expect(target.url).toMatch(/^(https?|mailto|tel):[\x20-\x7e]*$/);
            expect(leavingTarget(new URL(leavingAddress(target.url), "https://here.example").hash)?.url).toBe(
              target.url,
            );
          }
          expect(leavingTarget(`#${href}`)?.url ?? "https:").toMatch(/^(https?|mailto|tel):/);
        },
      ),
    );
  });
});

describe("what a message asks for", () => {
  it.each([
    ["https://a.example/x.png", "remote"],
    ["//a.example/x.png", "remote"],
    ["\\\\a.example/x.png", "remote"],
    ["HTTPS://A.example", "remote"],
    ["ht\ntps://a.example", "remote"],
    ["cid:a@b", "part"],
    ["CID:%3Ca@b%3E", "part"],
    ["data:image/png;base64,AAAA", "own"],
    ["data:image/svg+xml;base64,AAAA", "none"],
    ["data:image/png,<svg>", "none"],
    ["data:text/html;base64,AAAA", "none"],
    ["x.png", "none"],
    ["/api/v1/sign-out", "none"],
    ["javascript:x", "none"],
    ["https://localhost/x", "none"],
    ["https://127.0.0.1/x", "none"],
    ["https://0x7f.1/x", "none"],
    ["https://2130706433/", "none"],
    ["https://[::1]/", "none"],
    ["https://192.168.1.1/reboot", "none"],
    ["https://router/", "none"],
    ["https://nas.local/", "none"],
    ["https://host.internal./", "none"],
    ["https://user:x@a.example/", "none"],
    ["ftp://a.example/", "none"],
    ["", "none"],
  ])("%j is %s", (address, kind) => expect(resourceOf(address).kind).toBe(kind));

  it("is compared by its Content-ID however that is written", () => {
    expect([cidOf("<Logo@X>"), cidOf("logo%40x"), cidOf("logo@x"), cidOf("%")]).toEqual([
      "logo@x",
      "logo@x",
      "logo@x",
      "%",
    ]);
  });

  it("is never anything but what it was found to be", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("", "https://", "//", "cid:", "data:image/png;base64,"),
        (text, begin) => {
          const found = resourceOf(begin + text);
          if (found.kind === "remote") expect(found.url).toMatch(/^https?:\/\/[^/]*\.[^/]*\//);
          if (found.kind === "own") expect(found.url).toMatch(/^data:image\/(png|jpe?g|gif|webp)/i);
        },
      ),
    );
  });
});

describe("a style", () => {
  const open = (resource: Resource) => (resource.kind === "remote" || resource.kind === "own" ? resource.url : null);
  const closed = (resource: Resource) => (resource.kind === "own" ? resource.url : null);
  it.each([
    ["color", "red", "red", "red"],
    ["margin-top", "-5px", null, null],
    ["margin", "0 auto", "0 auto", "0 auto"],
    ["position", "fixed", null, null],
    ["inset", "0px", null, null],
    ["z-index", "9", null, null],
    ["transform", "none", null, null],
    ["content", '"x"', null, null],
    ["--x", "url(https://a.example/)", null, null],
    ["border-image", "var(--x)", null, null],
    ["unicode-bidi", "bidi-override", null, null],
    ["background-image", 'url("https://a.example/x.png")', 'url("https://a.example/x.png")', "none"],
    ["background", 'url("//a.example/x.png") red', 'url("https://a.example/x.png") red', "none red"],
    ["list-style-image", 'url("https://a.example/x.png")', 'url("https://a.example/x.png")', null],
    ["background-image", 'url("https://127.0.0.1/x")', null, null],
    ["background-image", 'url("javascript:x")', null, null],
    ["background-image", 'image-set("https://a.example/x" 1x)', null, null],
    [
      "background-image",
      'url("data:image/png;base64,AAAA")',
      'url("data:image/png;base64,AAAA")',
      'url("data:image/png;base64,AAAA")',
    ],
    ["width", "expression(alert(1))", null, null],
    ["behavior", "url(x)", null, null],
  ])("%s: %s", (property, value, wanted, blocked) => {
    expect([keptDeclaration(property, value, open).value, keptDeclaration(property, value, closed).value]).toEqual([
      wanted,
      blocked,
    ]);
  });

  it("asks for nothing that was not allowed, whatever it is", () => {
    const pieces = fc.constantFrom(
      "url(",
      ")",
      '"',
      "'",
      "https://a.example/",
      "\\",
      "//b.example",
      "image-set(",
      "src(",
      "/*",
      "*/",
      " ",
      "x",
      ";",
      "}",
    );
    fc.assert(
      fc.property(
        fc.array(pieces).map((all) => all.join("")),
        (value) => {
          const kept = keptDeclaration("background-image", value, () => null).value ?? "";
          expect(kept).not.toMatch(/url\(|image-set\(|src\(/i);
        },
      ),
    );
  });
});

describe("plain text", () => {
  it("is cut where long quotations begin and end, and loses nothing", () => {
    const text = `Hello\n${"> old\n".repeat(6)}new\n> short\nend`;
    expect(blocksOf(text).map(({ isQuoted, lines }) => [isQuoted, lines.length])).toEqual([
      [false, 1],
      [true, 6],
      [false, 3],
    ]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom("> a", "b", "", ">> c", "   > d")), (lines) => {
        expect(
          blocksOf(lines.join("\n"))
            .flatMap((block) => block.lines)
            .join("\n"),
        ).toBe(lines.join("\n"));
      }),
    );
  });

  it.each([
    ["See https://a.example/x.", [["https://a.example/x"]]],
    ["(https://a.example/x(1)) and <http://b.example>", [["https://a.example/x(1)"], ["http://b.example"]]],
    ["nothing here: a.example, javascript:alert(1)", []],
  ])("%s", (text, links) => {
    const found = piecesOf(text).flatMap((piece) => (piece.kind === "link" ? [[piece.text]] : []));
    expect(found).toEqual(links);
    expect(
      piecesOf(text)
        .map((piece) => piece.text)
        .join(""),
    ).toBe(text);
  });

  it("and names are shown without what is not seen; files that act are known by their ending", () => {
    expect(seenText("a\u202eb\u200bc\u0000d")).toBe("abcd");
    expect(["x.EXE", "a.pdf.js", "b.pdf", "c", "d.docm"].map(mayRun)).toEqual([true, true, false, false, true]);
  });
});
