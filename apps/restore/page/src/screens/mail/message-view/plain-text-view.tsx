// The plain text of a message: as it was written, with long quotations folded and links that lead over the page that says where they go.
import { Anchor, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { number } from "../../../texts/formats.ts";
import { messageView } from "../../../texts/message-view.ts";
import { leavingAddress } from "./links.ts";
import styles from "./message-view.module.css";
import { type Block, blocksOf, piecesOf } from "./plain-text.ts";

export function PlainText({ text, note }: { readonly text: string; readonly note: string | null }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  if (text.trim() === "")
    return (
      <Text c="dimmed" p="md">
        {messageView.nothing}
      </Text>
    );
  return (
    <div className={styles.text}>
      {note === null ? null : (
        <Text c="dimmed" size="xs" mb="sm">
          {note}
        </Text>
      )}
      {blocks.map((block, at) =>
        block.isQuoted ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the text of a message never changes.
          <Quotation key={at} block={block} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the text of a message never changes.
          <Lines key={at} block={block} />
        ),
      )}
    </div>
  );
}

function Quotation({ block }: { readonly block: Block }) {
  const [isShown, setShown] = useState(false);
  return (
    <div>
      <Anchor component="button" type="button" size="xs" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? messageView.unquoted : messageView.quoted(number(block.lines.length))}
      </Anchor>
      {isShown ? (
        <div className={styles.quoted}>
          <Lines block={block} />
        </div>
      ) : null}
    </div>
  );
}

function Lines({ block }: { readonly block: Block }) {
  const pieces = useMemo(() => piecesOf(block.lines.join("\n")), [block]);
  return (
    <div>
      {pieces.map((piece, at) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <Anchor
            // biome-ignore lint/suspicious/noArrayIndexKey: the text of a message never changes.
            key={at}
            inherit
            href={leavingAddress(piece.target.url)}
            target="_blank"
            rel="noopener noreferrer nofollow"
            title={piece.target.url}
          >
            {piece.text}
          </Anchor>
        ),
      )}
    </div>
  );
}
