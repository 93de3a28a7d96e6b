// The states that a job went through.
import { Card } from "../../components/facts";
import { duration, instant } from "../../lib/format";
import type { Stage } from "../../lib/timeline";

export function Timeline({
  stages: all,
  isRunning: runs,
  now,
  ran,
}: {
  stages: Stage[];
  isRunning: boolean;
  now: number;
  /** Seconds. */
  ran: number | undefined;
}) {
  return (
    <Card
      title="Status over time"
      wide
      action={<span className="soft">{ran === undefined ? "" : `ran for ${duration(ran)}`}</span>}
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
