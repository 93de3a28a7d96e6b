// Signing in: with a link, or a user's name and password. A password that somebody else gave is replaced first.
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useRouterState, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ServerError } from "../api/call";
import { type Credentials, signIn } from "../api/session";
import { NewPasswordForm } from "../components/new-password";
import { sessionKey } from "../routes";

const RESET = "PasswordResetRequired";

export default function Login() {
  const { next } = useSearch({ from: "/login" });
  const ended = useRouterState({ select: (state) => state.location.state.ended });
  const client = useQueryClient();
  const router = useRouter();
  const [said, setSaid] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  /** The name and password that are right, but have to be replaced. */
  const [given, setGiven] = useState<Credentials>();
  const begun = useRef("");

  const begin = async (wanted: Parameters<typeof signIn>[0]): Promise<void> => {
    setIsBusy(true);
    setSaid("");
    try {
      const session = await signIn(wanted);
      // What another user of this page has seen is not this one's to see.
      client.clear();
      client.setQueryData(sessionKey, session);
      router.history.push(`/studio${next ?? session.Landing ?? "/"}`);
    } catch (error) {
      setIsBusy(false);
      if (error instanceof ServerError && error.code === RESET && "UserName" in wanted) setGiven(wanted);
      else setSaid(error instanceof ServerError ? error.message : "The server does not answer. Is it up?");
    }
  };

  const followLink = (): void => {
    const link = new URLSearchParams(location.hash.slice(1)).get("link");
    // Once, though a page under development runs effects twice: the link is good once.
    if (link === null || begun.current === link) return;
    begun.current = link;
    history.replaceState(history.state, "", location.pathname + location.search);
    void begin({ Link: link });
  };
  useEffect(() => {
    document.title = "Sign in · Clary Studio";
    followLink();
    // A link that is opened where this page is open already changes no more than what is behind the #.
    addEventListener("hashchange", followLink);
    return () => removeEventListener("hashchange", followLink);
  });

  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    void begin({ UserName: String(form.get("name")), Password: String(form.get("password")) });
  };

  return (
    <div className="sign-in">
      <main>
        <div className="brand">
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" />
          Clary Studio
        </div>
        {ended && (
          <p className="notice" role="status">
            {ended} Sign in to go on where you were.
          </p>
        )}
        <div className="card">
          {given ? (
            <>
              <h1>Choose your password</h1>
              <p className="soft">
                The password of <strong>{given.UserName}</strong> was given by somebody else. From now on you sign in with
                your own.
              </p>
              <NewPasswordForm
                button={isBusy ? "Signing in …" : "Set it and sign in"}
                isBusy={isBusy}
                said={said}
                onSubmit={(password) => void begin({ ...given, NewPassword: password })}
              />
            </>
          ) : (
            <form className="fields" onSubmit={onSubmit}>
              <h1>Sign in</h1>
              <label>
                User
                <input className="field" name="name" autoComplete="username" required autoFocus />
              </label>
              <label>
                Password
                <input className="field" name="password" type="password" autoComplete="current-password" required />
              </label>
              <button type="submit" className="button primary" disabled={isBusy}>
                {isBusy ? "Signing in …" : "Sign in"}
              </button>
              <div role="alert">{said && <p className="error">{said}</p>}</div>
            </form>
          )}
        </div>
        <p className="soft">
          On the server's machine, <code>clary studio</code> prints a link that signs you in without a password, and{" "}
          <code>clary users add NAME</code> makes a user.
        </p>
      </main>
    </div>
  );
}
