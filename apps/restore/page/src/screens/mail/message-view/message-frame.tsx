// A message's design in its sandbox: a document of the server's with a policy of its own, and within it the message, without scripts and without an
// origin. The page's policy would otherwise be the message's too. It must never be given anything but what harmless() made.
import { useCallback, useEffect, useRef, useState } from "react";
import { FRAMES, SANDBOX } from "./frame-document.ts";
import styles from "./message-view.module.css";

interface Props {
  readonly document: string;
  /** What lies elsewhere may be loaded. */
  readonly isOpen: boolean;
  /** It has colours of its own: a white sheet, also on the dark page. */
  readonly isPaper: boolean;
  readonly title: string;
}

export function MessageFrame({ document: content, isOpen, isPaper, title }: Props) {
  const outer = useRef<HTMLIFrameElement>(null);
  /** The address of the document that is there; a new one has to load first. */
  const [there, setThere] = useState<string | null>(null);
  const address = isOpen ? FRAMES.open : FRAMES.closed;
  const arrived = useCallback(() => setThere(outer.current?.contentWindow?.location.pathname ?? null), []);
  useEffect(() => {
    const place = outer.current?.contentDocument;
    if (there !== address || place === null || place === undefined) return;
    const inner = place.createElement("iframe");
    inner.setAttribute("sandbox", SANDBOX);
    inner.setAttribute("referrerpolicy", "no-referrer");
    inner.title = title;
    inner.srcdoc = content;
    // What is around the message looks as the page does there, until the message is drawn.
    if (outer.current !== null) place.documentElement.style.colorScheme = getComputedStyle(outer.current).colorScheme;
    place.body.replaceChildren(inner);
  }, [there, address, content, title]);
  return (
    <iframe
      ref={outer}
      className={isPaper ? styles.sheet : styles.frame}
      src={address}
      title={title}
      onLoad={arrived}
    />
  );
}
