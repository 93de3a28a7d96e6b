// What slows a training down, in one sentence: what the rules have found, else where most of its time goes.
import type { Profile } from "../api/debugger-operations";
import { duration, number } from "./format";

export interface Bottleneck {
  title: string;
  text: string;
  isFound: boolean;
}

const LARGE = 0.25;
const BUSY = 85;

export function bottleneckOf(profile: Profile): Bottleneck {
  const [found, ...more] = profile.Findings;
  if (found) {
    const others = more.length > 0 ? ` ${more.length} more below.` : "";
    return { title: `${found.Rule}: ${found.Message}`, text: `${found.Meaning}${others}`, isFound: true };
  }
  const parts = new Map<string, number>();
  for (const { Parts } of profile.Time) {
    for (const { Part, Seconds } of Parts) parts.set(Part, (parts.get(Part) ?? 0) + Seconds);
  }
  const total = [...parts.values()].reduce((sum, each) => sum + each, 0);
  const apart = [...parts].filter(([part]) => !part.endsWith(" steps")).sort((one, other) => other[1] - one[1])[0];
  if (apart && total > 0 && apart[1] / total > LARGE) {
    return {
      title: `${percent(apart[1] / total)} of the time is ${apart[0]}`,
      text:
        apart[0] === "before the first step"
          ? "The script loads, prepares or compiles something before it trains. Stream or cache what it prepares."
          : "The model waits between its steps: for data, for what is saved or logged, or for validation outside of it.",
      isFound: true,
    };
  }
  const slow = [...profile.SlowSteps].sort((one, other) => other.LostSeconds - one.LostSeconds)[0];
  if (slow && slow.Share > LARGE / 5) {
    const rhythm = slow.Every === null ? "" : `, about every ${slow.Every} steps`;
    return {
      title: `${slow.Count} slow ${slow.Kind} steps cost ${duration(slow.LostSeconds)}${rhythm}`,
      text: "They are much slower than the median: look at what the script does there, such as saving or logging.",
      isFound: true,
    };
  }
  const busy = profile.Nodes.map((node) => node.Summary["cpu_mean"]?.Mean ?? 0);
  const highest = busy.length > 0 ? Math.round(Math.max(...busy)) : undefined;
  if (highest !== undefined && highest >= BUSY && profile.Nodes.every((node) => !("gpu_mean" in node.Summary))) {
    return {
      title: `The CPU is the limit: it is used to ${highest} %`,
      text: "The steps take most of the time. A larger machine, fewer jobs beside this one, or a GPU would make them faster.",
      isFound: true,
    };
  }
  const cpu = highest === undefined ? "" : `The machine's CPU is used to ${number(highest)} %.`;
  return { title: "No bottleneck was found", text: `The steps take most of the time, and evenly. ${cpu}`.trim(), isFound: false };
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
