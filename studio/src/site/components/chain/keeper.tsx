// Goes on with the chains of this browser, whichever page is open: starts each job when the one before it has completed.
import { useEffect } from "react";
import type { ChainJob, Step } from "../../lib/chain";
import type { KeptChain } from "../../lib/kept-chains";
import { keptChains } from "./kept";
import { useChainJobs, useProgress, useSteps } from "./plan";
import { useStart, useStarted } from "./start";

export default function ChainKeeper({ chains }: { chains: KeptChain[] }) {
  return chains.map((chain) => <Chain key={`${chain.at} ${chain.from}`} chain={chain} />);
}

function Chain({ chain }: { chain: KeptChain }) {
  const { jobs } = useChainJobs(chain.from);
  return jobs === undefined ? null : <Planned chain={chain} jobs={jobs} />;
}

function Planned({ chain, jobs }: { chain: KeptChain; jobs: ChainJob[] }) {
  const { steps } = useSteps(jobs, chain.at);
  return steps === undefined ? null : <Going chain={chain} steps={steps} />;
}

function Going({ chain, steps }: { chain: KeptChain; steps: Step[] }) {
  const { progress, look } = useProgress(steps, true);
  const { mutate, isPending } = useStart(chain, ({ name }) => look(steps.findIndex((step) => step.name === name)));
  const started = useStarted(chain);
  const next = progress?.state === "start" ? steps[progress.index] : undefined;
  // What was refused is not tried again by itself: the page of the chain tells why.
  const isTried = started.some(({ name }) => name === next?.name);
  useEffect(() => {
    if (next !== undefined && !isPending && !isTried) mutate(next);
  }, [next, isPending, isTried, mutate]);
  const hasEnded = progress?.state === "done" || progress?.state === "broken";
  useEffect(() => {
    if (hasEnded) keptChains.drop(chain);
  }, [hasEnded, chain]);
  return null;
}
