import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { pageKey, problemOf } from "../../api/call";
import { contentAddress } from "../../api/s3";
import { refresh } from "../../api/s3-queries";
import { Dialog } from "../../components/dialog";
import { Trouble } from "../../components/trouble";

/** A folder is an empty object whose key ends with a slash, as other programs make it. */
export function NewFolder({ bucket, folder, onClose }: { bucket: string; folder: string; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: async () => {
      const key = `${folder}${name.replace(/\/+$/, "")}/`;
      const response = await fetch(contentAddress({ bucket, key }), {
        method: "PUT",
        headers: { "x-clary-page-key": pageKey.get() },
        body: "",
      });
      if (!response.ok) throw problemOf(response.status, await response.text());
      await refresh(client);
      await navigate({ to: "/s3/$bucket", params: { bucket }, search: { prefix: key } });
    },
    onSuccess: onClose,
  });
  return (
    <Dialog label="New folder" onClose={onClose}>
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <h2>New folder</h2>
        <label className="stack tight">
          Name
          <input className="field" value={name} onChange={(event) => setName(event.target.value)} spellCheck={false} />
        </label>
        {create.error && <Trouble error={create.error} what="this folder" />}
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={create.isPending || name.trim() === ""}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
}
