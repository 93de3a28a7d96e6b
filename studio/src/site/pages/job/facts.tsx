// What the overviews of both kinds of jobs show alike.
import { useQuery } from "@tanstack/react-query";
import { tagsOf } from "../../api/queries";
import { Copyable } from "../../components/copy";
import { Facts } from "../../components/facts";
import { Trouble } from "../../components/trouble";

export function Failure({ reason }: { reason: string | undefined }) {
  if (!reason) return null;
  return (
    <div className="error">
      <h2>Why it failed</h2>
      <pre tabIndex={0}>{reason}</pre>
    </div>
  );
}

export function TagList({ arn }: { arn: string | undefined }) {
  const tags = useQuery(tagsOf(arn));
  if (tags.error) return <Trouble error={tags.error} what="the tags" />;
  if (!tags.data || tags.data.length === 0) return null;
  return (
    <>
      <h3 className="tags-title">Tags</h3>
      <Facts facts={tags.data.map((tag) => [tag.Key, tag.Value])} />
    </>
  );
}

export function place(text: string | undefined, what: string) {
  return text ? <Copyable text={text} what={what} /> : undefined;
}
