// The states that a training job went through.
import type { TrainingJob } from "../../api/call";
import { Card } from "../../components/facts";
import { useNow } from "../../components/now";
import { duration, instant } from "../../lib/format";
import { isRunning, ranFor, trainingRow } from "../../lib/jobs";
import { stages } from "../../lib/timeline";

export function Timeline({ job }: { job: TrainingJob }) {
  const runs = isRunning(job.TrainingJobStatus ?? "");
  const now = useNow(runs ? 1_000 : 60_000);
  const all = stages(job, now);
  const ran = ranFor(trainingRow(job), now);
  return (
    <Card
      title="Status over time"
      wide
      action={<span className="soft">{ran === undefined ? "" : `trained for ${duration(ran)}`}</span>}
    >
      <div className="timeline">
        <div className="bar" aria-hidden="true">
          {all.map((stage, index) => (
            <span key={index} className={stage.name} style={{ flexGrow: stage.share }} title={stage.name} />
          ))}
        </div>
        <div className="scroll">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col" className="short">
                  Status
                </th>
                <th scope="col" className="short">
                  Began
                </th>
                <th scope="col" className="short number">
                  Took
                </th>
                <th scope="col" className="message">
                  Message
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((stage, index) => (
                <tr key={index}>
                  <th scope="row" className="short">
                    {stage.name}
                  </th>
                  <td className="mono short">{instant(stage.startedAt).slice(11)}</td>
                  <td className="number mono short">
                    {stage.endedAt === undefined && !runs ? "" : duration((stage.endedAt ?? now) - stage.startedAt)}
                  </td>
                  <td className="message">{stage.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  );
}
