// The tags of a job, which can be changed.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addTag, deleteTag } from "../../api/job-parts";
import { tagsOf } from "../../api/queries";
import { Card } from "../../components/facts";
import { Trouble } from "../../components/trouble";

export function Tags({ arn }: { arn: string | undefined }) {
  const client = useQueryClient();
  const tags = useQuery(tagsOf(arn));
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const change = useMutation({
    mutationFn: (act: () => Promise<void>) => act(),
    onSuccess: () => client.invalidateQueries({ queryKey: tagsOf(arn).queryKey }),
  });
  if (arn === undefined) return null;
  const add = (): void => {
    if (key === "") return;
    change.mutate(() => addTag(arn, key, value), {
      onSuccess: () => {
        setKey("");
        setValue("");
      },
    });
  };
  return (
    <Card title="Tags">
      {tags.error && <Trouble error={tags.error} what="the tags" />}
      {change.error && <Trouble error={change.error} what="the tags" not="changed" may="change" />}
      <ul className="tag-list">
        {tags.data?.map((tag) => (
          <li key={tag.Key}>
            <span>
              <span className="soft">{tag.Key}</span> {tag.Value}
            </span>
            <button
              type="button"
              className="icon-button"
              title={`Remove the tag ${tag.Key}`}
              onClick={() => change.mutate(() => deleteTag(arn, tag.Key))}
            >
              <span aria-hidden="true">×</span>
              <span className="hidden-text">Remove the tag {tag.Key}</span>
            </button>
          </li>
        ))}
      </ul>
      <form
        className="tag-form"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <input className="field" aria-label="Key of a new tag" placeholder="Key" value={key} onChange={(event) => setKey(event.target.value)} />
        <input className="field" aria-label="Value of a new tag" placeholder="Value" value={value} onChange={(event) => setValue(event.target.value)} />
        <button type="submit" className="button" disabled={key === "" || change.isPending}>
          Add tag
        </button>
      </form>
    </Card>
  );
}
