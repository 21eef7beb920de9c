// The frame around every screen: where one can go, who one is, and the content. Whoever is not signed in sees the sign-in in its place, at the
// same address: signed in, they are where the link led.
import { AppShell, Burger, Center, Group, Loader } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { asksMe, type Me } from "../api/queries.ts";
import { BoatIcon } from "../parts/icons.tsx";
import { SignInScreen } from "../screens/sign-in/sign-in-screen.tsx";
import { shell } from "../texts/shell.ts";
import { FailureNote } from "./failure.tsx";
import styles from "./frame.module.css";
import { UserMenu } from "./user-menu.tsx";

const HEADER_PX = 56;
const PLACES = [
  { to: "/", name: shell.places.safe },
  { to: "/mail", name: shell.places.mail },
  { to: "/runs", name: shell.places.runs },
  { to: "/accounts", name: shell.places.accounts },
  { to: "/settings", name: shell.places.settings },
] as const;

export function Gate() {
  const { data: me, error, refetch } = useQuery(asksMe);
  if (me === undefined)
    return (
      <Center mih="100vh" p="xl">
        {error === null ? <Loader aria-label={shell.loading} /> : <FailureNote error={error} again={() => refetch()} />}
      </Center>
    );
  return me === null ? <SignInScreen /> : <Frame me={me} />;
}

function Places({ onGo }: { readonly onGo?: () => void }) {
  return PLACES.map(({ to, name }) => (
    <Link key={to} to={to} className={styles.place} activeOptions={{ exact: to === "/" }} onClick={onGo}>
      {name}
    </Link>
  ));
}

function Frame({ me }: { readonly me: Me }) {
  const [isOpen, { toggle, close }] = useDisclosure();
  const main = useFocusOnArrival();
  return (
    <AppShell
      header={{ height: HEADER_PX }}
      navbar={{ width: 0, breakpoint: "sm", collapsed: { desktop: true, mobile: !isOpen } }}
    >
      <a href="#main" className={styles.skip}>
        {shell.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="lg" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={shell.menu}
              aria-expanded={isOpen}
            />
            <Link to="/" className={styles.brand}>
              <BoatIcon size={22} />
              {shell.name}
            </Link>
            <Group component="nav" gap={4} wrap="nowrap" visibleFrom="sm" aria-label={shell.navigation}>
              <Places />
            </Group>
          </Group>
          <UserMenu me={me} />
        </Group>
      </AppShell.Header>
      {isOpen ? (
        <AppShell.Navbar component="nav" p="sm" className={styles.narrow} aria-label={shell.navigation}>
          <Places onGo={close} />
        </AppShell.Navbar>
      ) : null}
      <AppShell.Main id="main" tabIndex={-1} ref={main} className={styles.main}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** Whoever goes to another screen by keyboard or hears the page starts at its content; not on the first. */
function useFocusOnArrival() {
  const main = useRef<HTMLElement>(null);
  const place = useRouterState({ select: ({ location }) => location.pathname.split("/")[1] });
  const before = useRef(place);
  useEffect(() => {
    if (before.current !== place) main.current?.focus({ preventScroll: true });
    before.current = place;
  }, [place]);
  return main;
}
