// How much of its instances a job uses: a chart for each device, a line for each host.
import { useQuery } from "@tanstack/react-query";
import { logStreams } from "../../api/logs";
import { type NamedSeries, series } from "../../api/series";
import { MetricLines } from "../../components/charts/metric-lines";
import { Trouble } from "../../components/trouble";
import { hostOf } from "../../lib/hosts";
import type { JobKind } from "../../lib/jobs";

/** [metric, title, what its numbers are] */
const DEVICES: [string, string, string][] = [
  ["CPUUtilization", "CPU", "percent of one vCPU: two busy ones are at 200"],
  ["MemoryUtilization", "Memory", "percent of the instance's memory"],
  ["GPUUtilization", "GPU", "percent of one GPU: two busy ones are at 200"],
  ["GPUMemoryUtilization", "GPU memory", "percent of one GPU's memory"],
  ["DiskUtilization", "Disk", "percent of the volume"],
  ["DiskReadBytesPerSecond", "Read from disk", "bytes a second"],
  ["DiskWriteBytesPerSecond", "Written to disk", "bytes a second"],
  ["NetworkReceiveBytesPerSecond", "Received", "bytes a second, by the whole machine"],
  ["NetworkTransmitBytesPerSecond", "Sent", "bytes a second, by the whole machine"],
];
const SETTINGS = { smoothing: 0, isLogX: false, isLogY: false };
const EVERY_MS = 5_000;

export function System({
  kind,
  name,
  arn,
  isRunning,
}: {
  kind: JobKind;
  name: string;
  arn: string;
  isRunning: boolean;
}) {
  const streams = useQuery(logStreams(kind, name, isRunning));
  const hosts = [...new Set((streams.data ?? []).map(hostOf))];
  const everyMs = isRunning ? EVERY_MS : false;
  const wanted = (metric: string): NamedSeries[] =>
    hosts.map((host) => ({ ResourceArn: `${arn}/${host}`, MetricName: metric, name: host, run: host }));
  // Which devices there are: the last value of each is enough.
  const there = useQuery(
    series({ series: DEVICES.flatMap(([metric]) => wanted(metric)), axis: "Time", points: 4 }, everyMs),
  );
  const error = streams.error ?? there.error;
  if (error) return <Trouble error={error} what="the use of the instances" />;
  if (streams.isPending || (hosts.length > 0 && there.isPending)) return <p className="soft">Loading …</p>;
  const measured = DEVICES.filter((_, index) =>
    hosts.some((_host, place) => (there.data?.Series[index * hosts.length + place]?.Count ?? 0) > 0),
  );
  if (measured.length === 0) {
    return (
      <div className="card empty">
        <h2>Nothing was measured {isRunning ? "yet" : "of this job"}</h2>
        <p className="soft">CPU, memory, disk, network and GPUs are measured every 5 seconds, from the third second on.</p>
      </div>
    );
  }
  return (
    <div className="charts">
      {measured.map(([metric, title, unit]) => (
        <MetricLines
          key={metric}
          title={title}
          wanted={wanted(metric)}
          axis="Time"
          settings={SETTINGS}
          sync={`${name} system`}
          everyMs={everyMs}
          note={() => unit}
        />
      ))}
    </div>
  );
}
