// A job's log, host by host.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { logStreams, useLog } from "../../api/logs";
import { LogView } from "../../components/log-view";
import { Trouble } from "../../components/trouble";
import type { JobAddress } from "../../lib/job-address";
import type { JobKind } from "../../lib/jobs";

export function JobLog({
  kind,
  name,
  isRunning,
  address,
}: {
  kind: JobKind;
  name: string;
  isRunning: boolean;
  address: JobAddress;
}) {
  const navigate = useNavigate();
  const streams = useQuery(logStreams(kind, name, isRunning));
  const hosts = (streams.data ?? []).map((stream) => stream.slice(name.length + 1));
  const host = address.host !== undefined && hosts.includes(address.host) ? address.host : hosts[0];
  const log = useLog(kind, host === undefined ? undefined : `${name}/${host}`, isRunning);
  const change = (changes: JobAddress): void =>
    void navigate({ to: ".", search: { ...address, ...changes }, replace: true });
  if (streams.error) return <Trouble error={streams.error} what="the log" />;
  if (host === undefined) {
    return (
      <p className="soft">
        {streams.isPending ? "Loading …" : isRunning ? "The log begins when the script does." : "This job has no log."}
      </p>
    );
  }
  return (
    <div className="stack tight">
      {hosts.length > 1 && (
        <label className="row">
          Host
          <select className="field" value={host} onChange={(event) => change({ host: event.target.value })}>
            {hosts.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      {log.error && <Trouble error={log.error} what="the end of the log" />}
      <LogView log={log} search={address.find ?? ""} onSearch={(text) => change({ find: text || undefined })} />
    </div>
  );
}
