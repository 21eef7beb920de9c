// What the schema gives to people: the JSON Schema for their editor and the annotated sample. Pure. Both are printed by `packetboat apply` and
// kept in docs, where a test holds them equal; neither says anything that the schema does not.
import { Document, isMap, isScalar, isSeq, type Node } from "yaml";
import { jsonSchema, type SchemaNode, stepInto } from "./problems.ts";
import { SAMPLE } from "./sample.ts";

/** The JSON Schema of packetboat.yaml. */
export function printedSchema(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

const HEADER = ` yaml-language-server: $schema=packetboat.schema.json
 Packetboat, declared. The first line gives help to editors: packetboat apply --schema > packetboat.schema.json
   packetboat apply -f packetboat.yaml --dry-run   what would change
   packetboat apply -f packetboat.yaml             changes it; again: nothing to change
   packetboat apply -f packetboat.yaml --prune     also removes accounts and links that are not here; mail stays`;

/** A sample with what every key means, above its first use. */
export function printedSample(): string {
  const doc = new Document(SAMPLE);
  doc.commentBefore = HEADER;
  annotate(doc.contents, jsonSchema(), new Set());
  return doc.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Puts each description above the first key that it is about. */
function annotate(node: Node | null, schema: SchemaNode | null, told: Set<string>): void {
  if (isSeq(node)) {
    if (node.items.every(isScalar)) node.flow = true;
    for (const item of node.items) {
      annotate(item as Node, stepInto(schema, 0), told);
      liftComment(item as Node);
    }
  }
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const below = stepInto(schema, String(key.value));
    const text = below?.description;
    if (text !== undefined && !told.has(text)) {
      told.add(text);
      key.commentBefore = ` ${text}`;
    }
    // YAML would take some of such texts for aliases; in quotes all look alike.
    if (isScalar(value) && String(value.value).includes("*")) value.type = "QUOTE_DOUBLE";
    annotate(value as Node, below, told);
  }
}

/** What is said of the first key of an item stands above the item. */
function liftComment(item: Node): void {
  const key = isMap(item) ? item.items[0]?.key : null;
  if (!isScalar(key) || !key.commentBefore) return;
  item.commentBefore = key.commentBefore;
  key.commentBefore = null;
}
