// The chains of jobs that are being made again, with the way to each.
import { Link } from "@tanstack/react-router";
import { useChainJobs, useProgress, useSteps } from "../../components/chain/plan";
import { useStarted } from "../../components/chain/start";
import { Card } from "../../components/facts";
import { lastOf } from "../../lib/arns";
import type { ChainJob, Step } from "../../lib/chain";
import type { KeptChain } from "../../lib/kept-chains";

export default function Chains({ chains }: { chains: KeptChain[] }) {
  return (
    <Card title="Being made again">
      <ul className="job-lines">
        {chains.map((chain) => (
          <li key={`${chain.at} ${chain.from}`}>
            <Link to="/again" search={{ from: chain.from, at: chain.at, go: true }}>
              {lastOf(chain.from)}
            </Link>
            <Where chain={chain} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Where({ chain }: { chain: KeptChain }) {
  const { jobs, error } = useChainJobs(chain.from);
  if (error) return <span className="soft when">its jobs are not known</span>;
  return jobs === undefined ? null : <OfJobs chain={chain} jobs={jobs} />;
}

function OfJobs({ chain, jobs }: { chain: KeptChain; jobs: ChainJob[] }) {
  const { steps } = useSteps(jobs, chain.at);
  return steps === undefined ? null : <OfSteps chain={chain} steps={steps} />;
}

function OfSteps({ chain, steps }: { chain: KeptChain; steps: Step[] }) {
  const { progress } = useProgress(steps, true);
  const isRefused = useStarted(chain).some(({ error }) => error !== null);
  if (progress === undefined || progress.state === "done") return null;
  const place = `job ${progress.index + 1} of ${steps.length}`;
  return <span className="soft when">{isRefused ? `${place} was refused` : place}</span>;
}
