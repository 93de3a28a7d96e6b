// What debugger pages ask, by key. While a job trains, it is asked again: tensors are no records that change.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, pageKey, problemOf } from "./call";
import type { PictureWishes } from "./debugger-operations";

const LIVE_MS = 2_000;
const NAMES = 500;

/** What a view looks at. */
export interface Chosen {
  mode?: string | undefined;
  worker?: string | undefined;
}

const members = ({ mode, worker }: Chosen) => ({ ...(mode && { Mode: mode }), ...(worker && { Worker: worker }) });

/** isLive: whether the job may still add to it. */
export function captured(name: string, isLive: boolean) {
  return queryOptions({
    queryKey: ["debugger", name, "captured"] as const,
    queryFn: ({ signal }) => call("studio/DescribeCaptured", { TrainingJobName: name }, signal),
    refetchInterval: ({ state }) => (isLive && !state.data?.Ended ? LIVE_MS : false),
  });
}

export function tensorNames(name: string, search: string, collection: string, version: number) {
  return infiniteQueryOptions({
    queryKey: ["debugger", name, "names", search, collection, version] as const,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      call(
        "studio/ListTensorNames",
        {
          TrainingJobName: name,
          Start: pageParam,
          Count: NAMES,
          ...(search && { Search: search }),
          ...(collection && { Collection: collection }),
        },
        signal,
      ),
    getNextPageParam: (last, pages) => {
      const seen = pages.reduce((sum, page) => sum + page.Names.length, 0);
      return last.Names.length > 0 && seen < last.Count ? seen : undefined;
    },
    placeholderData: (previous) => previous,
  });
}

export function tensorSeries(name: string, tensor: string, chosen: Chosen, isLive: boolean) {
  return queryOptions({
    queryKey: ["debugger", name, "series", tensor, chosen.mode ?? "", chosen.worker ?? ""] as const,
    queryFn: ({ signal }) =>
      call("studio/GetTensorSeries", { TrainingJobName: name, Tensor: tensor, ...members(chosen) }, signal),
    refetchInterval: ({ state }) => (state.data?.Partial ? 100 : isLive && !state.data?.Ended ? LIVE_MS : false),
  });
}

export interface Cut {
  worker?: string | undefined;
  index?: number[] | undefined;
  rows?: [number, number] | undefined;
  columns?: [number, number] | undefined;
  most?: number | undefined;
  reduce?: string | undefined;
}

export function tensorValues(name: string, tensor: string, step: number, cut: Cut) {
  return queryOptions({
    queryKey: ["debugger", name, "values", tensor, step, cut] as const,
    queryFn: ({ signal }) =>
      call(
        "studio/GetTensorValues",
        {
          TrainingJobName: name,
          Tensor: tensor,
          Step: step,
          ...(cut.worker && { Worker: cut.worker }),
          ...(cut.index && { Index: cut.index }),
          ...(cut.rows && { Rows: cut.rows }),
          ...(cut.columns && { Columns: cut.columns }),
          ...(cut.most && { Most: cut.most }),
          ...(cut.reduce && { Reduce: cut.reduce }),
        },
        signal,
      ),
    // The next step of a slider replaces the picture of this one when it is there.
    placeholderData: (previous) => previous,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function networkPicture(name: string, contains: string, chosen: Chosen, isLive: boolean) {
  return queryOptions({
    queryKey: ["debugger", name, "network", contains, chosen.mode ?? "", chosen.worker ?? ""] as const,
    queryFn: ({ signal }) =>
      call(
        "studio/GetNetworkPicture",
        { TrainingJobName: name, ...(contains && { Contains: contains }), ...members(chosen) },
        signal,
      ),
    refetchInterval: ({ state }) => (isLive && !state.data?.Ended ? LIVE_MS : false),
  });
}

export async function networkFrame(wishes: PictureWishes, step: number, sample: number): Promise<ArrayBuffer> {
  const response = await fetch("/studio/api/studio/GetNetworkFrame", {
    method: "POST",
    headers: { "content-type": "application/json", "x-clary-page-key": pageKey.get() },
    body: JSON.stringify({ ...wishes, Step: step, Sample: sample }),
  });
  if (!response.ok) throw problemOf(response.status, await response.text());
  return response.arrayBuffer();
}

export function jobProfile(name: string, isLive: boolean) {
  return queryOptions({
    queryKey: ["debugger", name, "profile"] as const,
    queryFn: ({ signal }) => call("studio/GetProfile", { TrainingJobName: name }, signal),
    refetchInterval: ({ state }) => (state.data?.Partial ? 100 : isLive && !state.data?.Ended ? LIVE_MS : false),
  });
}
