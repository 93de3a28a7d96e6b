// What went wrong, in the server's own words, with what to try.
import { ServerError } from "../api/call";

/** not, may: of something that was to be done: "can't be started", "may not start". */
export function Trouble({
  error,
  what,
  not = "shown",
  may = "see",
}: {
  error: Error;
  what: string;
  not?: string;
  may?: string;
}) {
  const denied = error instanceof ServerError && error.isDenied;
  return (
    <div className="error" role="alert">
      <h2>{denied ? `You may not ${may} ${what}` : `${what[0]?.toUpperCase()}${what.slice(1)} can't be ${not}`}</h2>
      <p>
        {error instanceof ServerError ? error.message : "The server does not answer; it is asked again."}
      </p>
      {denied && (
        <p className="soft">
          Whoever runs this server can allow it: attach a policy to your user with the action above.
        </p>
      )}
    </div>
  );
}
