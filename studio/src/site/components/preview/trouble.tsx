// Why a content can't be shown: the server's reason, or the reader's.
import { ServerError } from "../../api/call";
import { Trouble } from "../trouble";

export function PreviewTrouble({ error }: { error: Error }) {
  if (error instanceof ServerError || error instanceof TypeError) return <Trouble error={error} what="this content" />;
  return (
    <div className="error" role="alert">
      <h2>This content can't be shown</h2>
      <p>{error.message}</p>
      <p className="soft">It may be broken, or have another form than its name says. Downloading it still works.</p>
    </div>
  );
}
