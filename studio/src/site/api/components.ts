// A trial component, where it belongs, and what was logged with it.
import { queryOptions } from "@tanstack/react-query";
import { lastOf, parseLocation } from "../lib/arns";
import { MOST_BYTES, readLogged } from "../lib/logged";
import { call } from "./call";
import { type ObjectName, readText } from "./s3";

export function component(name: string) {
  return queryOptions({
    queryKey: ["component", name.toLowerCase()] as const,
    queryFn: ({ signal }) => call("sagemaker/DescribeTrialComponent", { TrialComponentName: name }, signal),
  });
}

export interface Parent {
  trial: string;
  experiment: string;
}

/** The trials and experiments that a component is in, which only Search tells. */
export function componentPlace(name: string) {
  return queryOptions({
    queryKey: ["component-place", name.toLowerCase()] as const,
    queryFn: async ({ signal }): Promise<Parent[]> => {
      const found = await call(
        "sagemaker/Search",
        {
          Resource: "ExperimentTrialComponent",
          MaxResults: 1,
          SearchExpression: { Filters: [{ Name: "TrialComponentName", Operator: "Equals", Value: name }] },
        },
        signal,
      );
      const parents = found.Results?.[0]?.TrialComponent?.Parents ?? [];
      return parents.map((each) => ({ trial: each.TrialName ?? "", experiment: each.ExperimentName ?? "" }));
    },
  });
}

function objectAt(uri: string): ObjectName {
  const place = parseLocation(uri);
  if (place === undefined) throw new Error(`${uri} is no location in S3`);
  return place;
}

/** A table, matrix or curve that the SDK has stored. Rejects with ServerError, or with NotLogged. */
export function logged(uri: string) {
  return queryOptions({
    queryKey: ["logged", uri] as const,
    retry: false,
    queryFn: async ({ signal }) => {
      const { text, isCut } = await readText(objectAt(uri), MOST_BYTES, signal);
      if (isCut) throw new Error(`${lastOf(uri)} is larger than ${MOST_BYTES >> 20} MB, which a page does not draw.`);
      return readLogged(text);
    },
  });
}
