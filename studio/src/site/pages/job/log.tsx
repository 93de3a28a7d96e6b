// A job's log, of one host or of all.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { logStreams } from "../../api/logs";
import { LogView } from "../../components/log/view";
import { Trouble } from "../../components/trouble";
import { hostOf, streamTitles } from "../../lib/hosts";
import type { JobAddress } from "../../lib/job-address";
import type { JobKind } from "../../lib/jobs";

const ALL = "all";
/** Of one log; the server reads no more of them at once. */
const MOST_HOSTS = 64;

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
  const [wantsError, setWantsError] = useState(false);
  const streams = useQuery(logStreams(kind, name, isRunning));
  const all = useMemo(() => (streams.data ?? []).slice(0, MOST_HOSTS), [streams.data]);
  const labels = useMemo(() => streamTitles(all), [all]);
  const host = address.host !== undefined && labels.includes(address.host) ? address.host : ALL;
  const source = useMemo(
    () => ({ kind, streams: host === ALL ? all : all.filter((_, index) => labels[index] === host) }),
    [kind, all, labels, host],
  );
  const hosts = useMemo(() => (host === ALL ? labels : [host]), [labels, host]);
  const hostCount = new Set(all.map(hostOf)).size;
  const change = useCallback(
    (changes: JobAddress): void =>
      void navigate({ to: ".", search: (before) => ({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  if (streams.error) return <Trouble error={streams.error} what="the log" />;
  if (all.length === 0) {
    return (
      <p className="soft">
        {streams.isPending ? "Loading …" : isRunning ? "The log begins when the script does." : "This job has no log."}
      </p>
    );
  }
  return (
    <div className="stack tight">
      {all.length > 1 && (
        <label className="row">
          Host
          <select
            className="field"
            value={host}
            onChange={(event) => change({ host: event.target.value === ALL ? undefined : event.target.value, line: undefined })}
          >
            <option value={ALL}>{hostCount === 1 ? "All starts" : `All ${hostCount} hosts`}</option>
            {labels.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <LogView
        key={source.streams.join()}
        source={source}
        hosts={hosts}
        name={`${name}${host === ALL ? "" : `-${host}`}.log`}
        sight={{ find: address.find ?? "", line: address.line, isWrapped: address.wrap ?? false }}
        isRunning={isRunning}
        wantsError={wantsError}
        onWantsError={setWantsError}
        onSight={(sight) =>
          change({
            ...("find" in sight && { find: sight.find || undefined }),
            ...("line" in sight && { line: sight.line }),
            ...("isWrapped" in sight && { wrap: sight.isWrapped || undefined }),
          })
        }
      />
    </div>
  );
}
