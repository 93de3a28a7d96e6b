// The command palette: any page, job, experiment, trial and component, by a few letters of its name.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { useDeferredValue, useEffect, useState } from "react";
import { namedJobs } from "./api/queries";
import { bucketList } from "./api/s3-queries";
import { Dialog } from "./components/dialog";
import { Status } from "./components/status";
import { type JobKind, type JobRow, KINDS } from "./lib/jobs";
import { addressOf, type Place, readPlace, uriOf } from "./lib/s3/address";
import { type FoundRecord, type FoundRecords, useNamedRecords } from "./palette-records";
import { MORE_PAGES, PAGES } from "./shell";
import { toggleTheme } from "./theme";

const JOB_KINDS = Object.keys(KINDS) as JobKind[];

const keyOf = ({ kind, name }: JobRow): string => `${kind} ${name}`;

export default function Palette({ onClose, onSignOut }: { onClose: () => void; onSignOut: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const jobs = useQueries({
    // Without a text, the latest training jobs are the most that people want.
    queries: JOB_KINDS.map((kind) => ({
      ...namedJobs(kind, search, kind === "training-job" ? 20 : 8),
      enabled: kind === "training-job" || search !== "",
      placeholderData: (before: JobRow[] | undefined) => before,
    })),
  });
  const has = (title: string): boolean => title.toLowerCase().includes(search.toLowerCase());
  const pages = [...PAGES, ...(search === "" ? [] : MORE_PAGES)].filter(({ title }) => has(title));
  const found = JOB_KINDS.map((kind, index) => ({
    kind,
    rows: kind === "training-job" || search !== "" ? (jobs[index]?.data ?? []) : [],
  }));
  const job = found.find(({ rows }) => rows.length > 0)?.rows[0];
  const named = useNamedRecords(search);
  const record = named.find(({ records }) => records.length > 0)?.records[0];
  const places = usePlaces(search);
  const first = readPlace(search)
    ? "place 0"
    : (pages[0]?.to ??
      (job ? keyOf(job) : (record?.key ?? (places[0] ? "place 0" : ""))));
  const [selected, setSelected] = useState(first);
  // The results of a search come later than its text.
  useEffect(() => setSelected(first), [first]);
  const run = (action: () => void) => (): void => {
    onClose();
    action();
  };
  const open = (kind: FoundRecords["kind"], { name, experiment }: FoundRecord): void => {
    if (kind === "component") void navigate({ to: "/components/$name", params: { name } });
    else if (kind === "experiment") void navigate({ to: "/experiments/$name", params: { name } });
    else void navigate({ to: "/experiments/$name", params: { name: experiment }, search: { trial: name } });
  };
  return (
    <Dialog label="Go to a page or a record" className="palette" onClose={onClose}>
      <Command label="Go to" shouldFilter={false} loop value={selected} onValueChange={setSelected}>
        <Command.Input
          placeholder="A page, a part of a name, or s3://…"
          value={text}
          onValueChange={setText}
        />
        <Command.List>
          <Command.Empty>Nothing has this name.</Command.Empty>
          <Command.Group heading="Pages">
            {pages.map(({ to, title }) => (
              <Command.Item key={to} value={to} onSelect={run(() => void navigate({ to }))}>
                {title}
              </Command.Item>
            ))}
          </Command.Group>
          {found.map(
            ({ kind, rows }) =>
              rows.length > 0 && (
                <Command.Group key={kind} heading={KINDS[kind].title}>
                  {rows.map((each) => (
                    <Command.Item
                      key={keyOf(each)}
                      value={keyOf(each)}
                      onSelect={run(
                        () => void navigate({ to: `${KINDS[kind].path}/$name`, params: { name: each.name } }),
                      )}
                    >
                      {each.name}
                      <Status status={each.status} />
                    </Command.Item>
                  ))}
                </Command.Group>
              ),
          )}
          {named.map(
            ({ kind, heading, records }) =>
              records.length > 0 && (
                <Command.Group key={kind} heading={heading}>
                  {records.map((each) => (
                    <Command.Item key={each.key} value={each.key} onSelect={run(() => open(kind, each))}>
                      {each.name}
                      <span className="soft">{each.hint}</span>
                    </Command.Item>
                  ))}
                </Command.Group>
              ),
          )}
          <Command.Group heading="S3">
            {places.map((place, index) => (
              <Command.Item
                key={uriOf(place)}
                value={`place ${index}`}
                onSelect={run(
                  () =>
                    void navigate({
                      to: "/s3/$bucket",
                      params: { bucket: place.bucket },
                      search: addressOf(place),
                    }),
                )}
              >
                {uriOf(place)}
              </Command.Item>
            ))}
          </Command.Group>
          <Command.Group heading="Actions">
            {has("Light or dark") && (
              <Command.Item value="theme" onSelect={run(toggleTheme)}>
                Light or dark
              </Command.Item>
            )}
            {has("Your account") && (
              <Command.Item value="account" onSelect={run(() => void navigate({ to: "/account" }))}>
                Your account
              </Command.Item>
            )}
            {has("Sign out") && (
              <Command.Item value="sign-out" onSelect={run(onSignOut)}>
                Sign out
              </Command.Item>
            )}
          </Command.Group>
        </Command.List>
      </Command>
    </Dialog>
  );
}

const MOST_BUCKETS = 8;

/** A place that was typed or pasted, and the buckets with this in their names. */
function usePlaces(search: string): Place[] {
  const typed = readPlace(search);
  const name = (typed?.bucket ?? search).toLowerCase();
  const buckets = useQuery({ ...bucketList, enabled: name !== "", retry: false });
  const named = (buckets.data ?? [])
    .filter(({ Name }) => name !== "" && Name.includes(name) && !(typed && Name === typed.bucket))
    .slice(0, MOST_BUCKETS)
    .map(({ Name }) => ({ bucket: Name, key: "" }));
  return typed ? [typed, ...named] : named;
}
