// Accounts and links as the API gives them.
import type { Answer } from "../../api/shapes.ts";

export type Account = Answer<"get", "/accounts">["accounts"][number];
export type Link = Answer<"get", "/links">["links"][number];

/** What is to be done in a dialog. */
export type Act = "password" | "test" | "remove";
