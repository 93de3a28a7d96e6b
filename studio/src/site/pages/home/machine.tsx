// How much of the machine jobs take, and how full its disk is.
import { useQuery } from "@tanstack/react-query";
import { type MachineUse, machineUse } from "../../api/machine";
import { Card } from "../../components/facts";
import { Trouble } from "../../components/trouble";
import { bytes, number } from "../../lib/format";

export function Machine() {
  const asked = useQuery(machineUse);
  return (
    <Card title="Machine" action={asked.data && <span className="soft">{queue(asked.data)}</span>}>
      {asked.error ? (
        <Trouble error={asked.error} what="the machine" />
      ) : asked.data ? (
        <Uses use={asked.data} />
      ) : (
        <p className="soft">Loading …</p>
      )}
    </Card>
  );
}

function queue({ Running: running, Waiting: waiting }: MachineUse): string {
  return `${running} job${running === 1 ? "" : "s"} running, ${waiting} waiting`;
}

function Uses({ use }: { use: MachineUse }) {
  const { Disk: disk } = use;
  const used = disk.TotalBytes - disk.FreeBytes;
  const parts = [...disk.Parts].filter((part) => part.Bytes > 0).sort((one, other) => other.Bytes - one.Bytes);
  return (
    <div className="uses">
      {/* CPUs are promised more than once: several jobs may share one. */}
      <Use title="CPUs" part={use.UsedCpus} whole={use.Cpus} text={`${number(use.UsedCpus)} of ${number(use.Cpus)} promised`} />
      <Use
        title="Memory"
        part={use.UsedMemoryBytes}
        whole={use.MemoryBytes}
        text={`${bytes(use.UsedMemoryBytes)} of ${bytes(use.MemoryBytes)} promised`}
      />
      {use.Gpus > 0 && <Use title="GPUs" part={use.UsedGpus} whole={use.Gpus} text={`${use.UsedGpus} of ${use.Gpus} in use`} />}
      <Use title="Disk" part={used} whole={disk.TotalBytes} text={`${bytes(disk.FreeBytes)} of ${bytes(disk.TotalBytes)} free`} />
      <ul className="disk-parts">
        {parts.map((part) => (
          <li key={part.Name}>
            <span className="soft">{part.Name}</span>
            <span>
              {part.IsWhole ? "" : "over "}
              {bytes(part.Bytes)}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Use({ title, part, whole, text }: { title: string; part: number; whole: number; text: string }) {
  const share = whole > 0 ? Math.min(part / whole, 1) : 0;
  return (
    <div className="use">
      <div className="row spread">
        <span>{title}</span>
        <span className="soft">{text}</span>
      </div>
      <div className={`use-bar${share > 0.9 ? " full" : ""}`} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
