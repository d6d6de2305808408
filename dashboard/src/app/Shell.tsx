import { ActionIcon } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconMenu2, IconPlugConnectedX, IconSearch } from "@tabler/icons-react";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useConnection } from "../api/connection";
import { Crumbs } from "./Crumbs";
import { Nav } from "./Nav";
import { SchemeButton } from "./SchemeButton";
import { useKeys } from "./useKeys";
import { useReachability } from "./useReachability";
import { useSettled } from "./useSettled";
import styles from "./Shell.module.css";

// What is seldom seen comes when it is.
const Palette = lazy(() => import("./Palette").then(({ Palette }) => ({ default: Palette })));
const Help = lazy(() => import("./Help").then(({ Help }) => ({ default: Help })));
const Menu = lazy(() => import("./NavDrawer").then(({ NavDrawer }) => ({ default: NavDrawer })));
// The page is there before it is kept up to date, and before anything is told in passing.
const Toasts = lazy(() => import("./Toasts").then(({ Toasts }) => ({ default: Toasts })));
const LiveMark = lazy(() => import("../live/LiveMark").then(({ LiveMark }) => ({ default: LiveMark })));
const SignedOut = lazy(() => import("./SignedOut").then(({ SignedOut }) => ({ default: SignedOut })));

/** What stands around every page. */
export function Shell() {
  const [narrow, setNarrow] = useLocalStorage({
    key: "promptpilot.nav.narrow",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const [menu, setMenu] = useState(false);
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(0);
  const connection = useConnection();
  useReachability(connection);
  useKeys({ palette: () => setPalette((times) => times + 1), help: () => setHelp(true) });
  const main = useFocusOnNewPages();
  const settled = useSettled();
  // Who comes for the first time, or has an invitation or another letter, need not be signed in.
  const open = useRouterState({
    select: ({ location }) => /^\/(invite\/|(sign-up|reset|verify)$)/.test(location.pathname),
  });

  return (
    <div className={styles.shell}>
      <a className="skip" href="#title">
        Skip to the page
      </a>
      <div className={narrow ? `${styles.side} ${styles.narrow}` : styles.side}>
        <Nav narrow={narrow} onNarrow={() => setNarrow(!narrow)} />
      </div>
      <header className={styles.top}>
        <ActionIcon className={styles.burger} aria-label="Open the navigation" onClick={() => setMenu(true)}>
          <IconMenu2 size={18} />
        </ActionIcon>
        <Crumbs />
        <span className={styles.push} />
        <Suspense>{settled ? <LiveMark /> : null}</Suspense>
        <button type="button" className={styles.search} onClick={() => setPalette((times) => times + 1)}>
          <IconSearch size={15} aria-hidden />
          <span>Search</span>
          <kbd aria-hidden>⌘ K</kbd>
        </button>
        <SchemeButton />
      </header>
      <main className={styles.main} ref={main} data-scroll-restoration-id="main">
        {connection === "unreachable" ? (
          <div className={styles.banner} role="status">
            <IconPlugConnectedX size={16} aria-hidden />
            The server does not answer. What you typed is kept; this page goes on by itself.
          </div>
        ) : null}
        <Suspense>{connection === "signed-out" && !open ? <SignedOut /> : <Outlet />}</Suspense>
      </main>
      <Suspense>{settled ? <Toasts /> : null}</Suspense>
      <Suspense>
        {menu ? <Menu onClose={() => setMenu(false)} /> : null}
        {help ? <Help onClose={() => setHelp(false)} /> : null}
        {palette > 0 ? <Palette asked={palette} onHelp={() => setHelp(true)} /> : null}
      </Suspense>
    </div>
  );
}

/** After a link was followed, those who hear the page are told its title, and keys scroll it. */
function useFocusOnNewPages() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== undefined && before.current !== path) {
      main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    }
    before.current = path;
  }, [path]);
  return main;
}
