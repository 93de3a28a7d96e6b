// Why a change was not made, in the server's own words.
import { ServerError } from "../api/call";

export function Refused({ error }: { error: Error }) {
  const isDenied = error instanceof ServerError && error.isDenied;
  return (
    <div className="error" role="alert">
      <h3>{isDenied ? "You may not do this" : "This was not done"}</h3>
      <p>{error instanceof ServerError ? error.message : "The server does not answer. Try again."}</p>
      {isDenied && (
        <p className="soft">
          Whoever runs this server can allow it: attach a policy to your user with the action above.
        </p>
      )}
    </div>
  );
}
