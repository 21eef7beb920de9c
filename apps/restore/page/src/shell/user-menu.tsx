// Who is signed in, how the page looks, and the way out.
import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { send } from "../api/client.ts";
import { isSignedOut } from "../api/problem.ts";
import { CHANGES_NOTHING, changeMe, type Me } from "../api/queries.ts";
import { MenuLink } from "../parts/button-link.tsx";
import { UserIcon } from "../parts/icons.tsx";
import { shell } from "../texts/shell.ts";

const THEMES = ["light", "dark", "auto"] as const;

export function UserMenu({ me }: { readonly me: Me }) {
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useMutation({
    mutationFn: () => send("post", "/sign-out", {}),
    meta: CHANGES_NOTHING,
    onSuccess: () => changeMe(client, null),
    // It has ended already: that is what was wanted.
    onError: (error) => isSignedOut(error) && changeMe(client, null),
  });
  return (
    <Menu position="bottom-end" width={220} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          leftSection={<UserIcon />}
          aria-label={shell.account(me.user.name)}
        >
          {me.user.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{shell.roles[me.user.role] ?? me.user.role}</Menu.Label>
        <Menu.Divider />
        <Menu.Label>{shell.theme}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as (typeof THEMES)[number])}>
          {THEMES.map((name) => (
            <Menu.RadioItem key={name} value={name}>
              {shell.themes[name]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <MenuLink to="/jobs">{shell.jobs}</MenuLink>
        <Menu.Item onClick={() => signOut.mutate()}>{shell.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
