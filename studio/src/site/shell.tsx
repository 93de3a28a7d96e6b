// The frame of every page: where one can go, who is signed in, and the stream of changes.
import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useRouteContext, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { pageKey } from "./api/call";
import { watchChanges } from "./api/changes";
import { applyChanges } from "./api/queries";
import { currentSession, signOut } from "./api/session";
import { useKeptChains } from "./components/chain/kept";
import { loadedLater } from "./components/loaded-later";
import { toggleTheme, useTheme } from "./theme";

const Palette = loadedLater(() => import("./palette"));
const ChainKeeper = loadedLater(() => import("./components/chain/keeper"));

export const PAGES = [
  { to: "/", title: "Home" },
  { to: "/training-jobs", title: "Training jobs" },
  { to: "/processing-jobs", title: "Processing jobs" },
  { to: "/transform-jobs", title: "Transform jobs" },
  { to: "/tuning-jobs", title: "Tuning jobs" },
  { to: "/autopilot-jobs", title: "Autopilot jobs" },
  { to: "/debugger", title: "Debugger" },
  { to: "/experiments", title: "Experiments" },
  { to: "/components", title: "Trial components" },
  { to: "/lineage", title: "Lineage" },
  { to: "/s3", title: "S3" },
] as const;

/** What the palette leads to beside these: pages of which the way leads over others. */
export const MORE_PAGES = [
  { to: "/artifacts", title: "Artifacts" },
  { to: "/actions", title: "Actions" },
  { to: "/contexts", title: "Contexts" },
] as const;

export function Shell() {
  const { session } = useRouteContext({ from: "/signed-in" });
  const client = useQueryClient();
  const router = useRouter();
  const theme = useTheme();
  const [connected, setConnected] = useState(true);
  const [isOpen, setIsOpen] = useState(false);
  const chains = useKeptChains(session.Principal.Arn);

  useEffect(
    () =>
      watchChanges(session.Position, pageKey.get(), (notice) => {
        if (notice.type === "change") void applyChanges(client, notice.names);
        if (notice.type === "reset") void client.invalidateQueries();
        if (notice.type === "connected") setConnected(notice.connected);
        // The answer says what has ended it, and leads to the way in.
        if (notice.type === "end") void currentSession().catch(() => undefined);
      }),
    [client, session],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setIsOpen(true);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const leave = async (): Promise<void> => {
    await signOut();
    client.clear();
    await router.navigate({ to: "/login" });
  };

  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="side">
        <Link to="/" className="brand">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="Clary Studio" />
          <span className="brand-name" aria-hidden="true">
            Clary Studio
          </span>
        </Link>
        <nav aria-label="Pages">
          <ul>
            {PAGES.map(({ to, title }) => (
              <li key={to}>
                <Link to={to} activeOptions={{ exact: to === "/", includeSearch: false }}>
                  {title}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="grow" />
        <Link to="/account" className="who" title="Your account">
          <strong>{session.Principal.Name}</strong>
          <span className="soft">
            {session.Region} · {session.Account}
          </span>
        </Link>
        <div className="tools">
          <button type="button" className="button plain" onClick={() => setIsOpen(true)}>
            Go to … <kbd>Ctrl K</kbd>
          </button>
          <button type="button" className="button plain" onClick={toggleTheme}>
            {theme === "dark" ? "Light" : "Dark"}
          </button>
          <button type="button" className="button plain" onClick={() => void leave()}>
            Sign out
          </button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <div role="status">
        {!connected && <p className="offline">The server does not answer. Trying again …</p>}
      </div>
      {chains.length > 0 && <ChainKeeper placeholder={null} chains={chains} />}
      {isOpen && <Palette placeholder={null} onClose={() => setIsOpen(false)} onSignOut={() => void leave()} />}
    </div>
  );
}
