// The start of one job of a chain, known to the page of the chain and to what goes on with it.
import { type QueryClient, useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { createJob } from "../../api/create";
import { namedJobs } from "../../api/queries";
import type { Step } from "../../lib/chain";
import type { KeptChain } from "../../lib/kept-chains";

type Chain = Omit<KeptChain, "owner">;

const keyOf = ({ from, at }: Chain) => ["make-again", from, at] as const;

/** Starts a job unless another tab has. Names are used once: without locks, the server refuses the second start. */
async function startOnce(client: QueryClient, step: Step): Promise<void> {
  const start = async (): Promise<void> => {
    const found = await client.fetchQuery({ ...namedJobs(step.job.kind, step.name, 5), staleTime: 0 });
    if (!found.some(({ name }) => name === step.name)) await createJob(step.job.kind, step.request);
  };
  // Browsers have locks only on addresses that nobody can listen to.
  await (navigator.locks === undefined ? start() : navigator.locks.request(`clary ${step.name}`, start));
}

export function useStart(chain: Chain, onSettled: (step: Step) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: keyOf(chain),
    mutationFn: (step: Step) => startOnce(client, step),
    onSettled: (_answer, _error, step) => onSettled(step),
  });
}

export interface Started {
  name: string;
  error: Error | null;
}

/** The starts of a chain's jobs that were tried since this page was opened. */
export function useStarted(chain: Chain): Started[] {
  return useMutationState({
    filters: { mutationKey: keyOf(chain), exact: true },
    select: ({ state }) => ({ name: (state.variables as Step).name, error: state.error }),
  });
}

/** Forgets them, so that they are tried again. */
export function useForget(chain: Chain): () => void {
  const cache = useQueryClient().getMutationCache();
  return () => {
    for (const each of cache.findAll({ mutationKey: keyOf(chain), exact: true })) cache.remove(each);
  };
}
