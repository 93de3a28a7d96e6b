// Signing in: with the link that clary up and clary studio print, or a user's name and password.
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ServerError } from "../api/call";
import { signIn } from "../api/session";
import { sessionKey } from "../routes";

export default function Login() {
  const { next } = useSearch({ from: "/login" });
  const client = useQueryClient();
  const router = useRouter();
  const [said, setSaid] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const begun = useRef(false);

  const begin = async (wanted: Parameters<typeof signIn>[0]): Promise<void> => {
    setIsBusy(true);
    setSaid("");
    try {
      client.setQueryData(sessionKey, await signIn(wanted));
      router.history.push(next ? `/studio${next}` : "/studio/");
    } catch (error) {
      setSaid(error instanceof ServerError ? error.message : "The server does not answer. Is it up?");
      setIsBusy(false);
    }
  };

  useEffect(() => {
    document.title = "Sign in · Clary Studio";
    const link = new URLSearchParams(location.hash.slice(1)).get("link");
    if (link === null || begun.current) return;
    // Once, though a page under development runs effects twice: the link is good once.
    begun.current = true;
    history.replaceState(history.state, "", location.pathname + location.search);
    void begin({ Link: link });
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
        <div className="card">
          <form onSubmit={onSubmit}>
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
        </div>
        <p className="soft">
          On the server's machine, <code>clary studio</code> prints a link that signs you in without a password, and{" "}
          <code>clary users add NAME</code> makes a user.
        </p>
      </main>
    </div>
  );
}
