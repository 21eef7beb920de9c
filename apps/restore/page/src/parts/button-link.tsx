// Buttons and entries of menus that lead to another screen: typed by the routes, real links for the keyboard, the middle button and screen readers.
import { Anchor, type AnchorProps, Button, type ButtonProps, Menu, type MenuItemProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type Own<Props> = Props &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof Props> & { readonly ref?: Ref<HTMLAnchorElement> };

export const ButtonLink = createLink((props: Own<ButtonProps>) => <Button component="a" {...props} />);
export const MenuLink = createLink((props: Own<MenuItemProps>) => <Menu.Item component="a" {...props} />);
export const TextLink = createLink((props: Own<AnchorProps>) => <Anchor {...props} />);
