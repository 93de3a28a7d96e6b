// What an operation takes, from the server's own model of it.
import { queryOptions } from "@tanstack/react-query";
import type { Shape } from "../lib/shape";
import { post } from "./call";

export function requestShape(operation: string) {
  return queryOptions({
    queryKey: ["shape", operation] as const,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (await post("shape", { Service: "sagemaker", Operation: operation }, signal)) as Shape,
  });
}
