// What the machine has, and what of it is in use.
import { queryOptions } from "@tanstack/react-query";
import { call } from "./call";

export interface MachineUse {
  Cpus: number;
  UsedCpus: number;
  MemoryBytes: number;
  UsedMemoryBytes: number;
  Gpus: number;
  UsedGpus: number;
  /** Jobs. */
  Running: number;
  Waiting: number;
  Disk: {
    TotalBytes: number;
    FreeBytes: number;
    Parts: { Name: string; Bytes: number; IsWhole: boolean }[];
  };
}

export const machineUse = queryOptions({
  queryKey: ["latest", "training-job", "machine"] as const,
  refetchInterval: 10_000,
  queryFn: ({ signal }) => call("studio/DescribeMachine", {}, signal),
});
