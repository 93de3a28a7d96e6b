// Who is signed in, in which browsers, and a user's own password.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { useEffect } from "react";
import { post } from "../api/call";
import { type OwnSession, ownSessions } from "../api/session";
import { Copyable } from "../components/copy";
import { Card, Facts } from "../components/facts";
import { NewPasswordForm } from "../components/new-password";
import { useNow } from "../components/now";
import { Trouble } from "../components/trouble";
import { browserName } from "../lib/browser-name";
import { ago, duration, instant } from "../lib/format";

const KINDS: Record<string, string> = {
  root: "The account's root, with all rights",
  user: "A user, with the rights of its policies",
  "assumed-role": "A user profile, with the rights of its execution role",
};

const sessions = queryOptions({ queryKey: ["own-sessions"] as const, queryFn: ownSessions, staleTime: 0 });

export default function Account() {
  const { session } = useRouteContext({ from: "/signed-in" });
  const { Principal } = session;
  const now = useNow();
  useEffect(() => {
    document.title = "Your account · Clary Studio";
  }, []);
  return (
    <div className="stack">
      <h1>Your account</h1>
      <div className="cards">
        <Card title="Who you are">
          <Facts
            facts={[
              ["Name", Principal.Name],
              ["Acts as", KINDS[Principal.Kind] ?? Principal.Kind],
              ["User profile", Principal.UserProfile],
              ["ARN", <Copyable key="arn" text={Principal.Arn} what="the ARN" />],
              ["Account", session.Account],
              ["Region", session.Region],
              [
                "Signed in until",
                `${instant(session.ExpiresAt)} (${duration(session.ExpiresAt - now) || "over"})`,
              ],
            ]}
          />
        </Card>
        {Principal.Kind === "user" && <Password name={Principal.Name} />}
      </div>
      <Sessions now={now} />
    </div>
  );
}

function Password({ name }: { name: string }) {
  const client = useQueryClient();
  const change = useMutation({
    // Not by IAM's ChangePassword, which ends the session that this page has, too.
    mutationFn: ({ old, fresh }: { old: string; fresh: string }) =>
      post("password", { OldPassword: old, NewPassword: fresh }),
    onSuccess: () => client.invalidateQueries({ queryKey: sessions.queryKey }),
  });
  return (
    <Card title="Change your password">
      {change.isSuccess ? (
        <p role="status">Your password is another one now. You are signed in here, and nowhere else.</p>
      ) : (
        <NewPasswordForm
          button={change.isPending ? "Changing …" : "Change the password"}
          isBusy={change.isPending}
          said={change.error?.message ?? ""}
          onSubmit={(fresh, form) => change.mutate({ old: String(form.get("old")), fresh })}
        >
          <input hidden name="username" autoComplete="username" defaultValue={name} />
          <label>
            Present password
            <input className="field" name="old" type="password" autoComplete="current-password" required />
          </label>
        </NewPasswordForm>
      )}
    </Card>
  );
}

function Sessions({ now }: { now: number }) {
  const client = useQueryClient();
  const found = useQuery(sessions);
  const end = useMutation({
    mutationFn: () => post("end-other-sessions", {}),
    onSettled: () => client.invalidateQueries({ queryKey: sessions.queryKey }),
  });
  const others = (found.data ?? []).filter((each) => !each.IsThis).length;
  return (
    <Card
      title="Where you are signed in"
      wide
      action={
        <button
          type="button"
          className="button"
          disabled={others === 0 || end.isPending}
          onClick={() => end.mutate()}
        >
          {others === 0 ? "Only here" : `Sign out of the ${others === 1 ? "other one" : `other ${others}`}`}
        </button>
      }
    >
      {(found.error ?? end.error) ? (
        <Trouble error={(found.error ?? end.error) as Error} what="your sessions" />
      ) : (
        <div className="scroll">
          <table className="plain-table">
            <thead>
              <tr>
                <th>Browser</th>
                <th>Signed in</th>
                <th>Until</th>
              </tr>
            </thead>
            <tbody>
              {(found.data ?? []).map((each, index) => (
                <SessionRow key={index} session={each} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function SessionRow({ session, now }: { session: OwnSession; now: number }) {
  return (
    <tr>
      <td title={session.Browser}>
        {browserName(session.Browser)}
        {session.IsThis && <strong> (this one)</strong>}
      </td>
      <td>
        <time title={instant(session.BegunAt)}>{ago(session.BegunAt, now)}</time>
      </td>
      <td>{instant(session.ExpiresAt)}</td>
    </tr>
  );
}

