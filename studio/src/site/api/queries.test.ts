import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { asItIsNow } from "./queries";

test("a request that was under way at a change is not taken for an answer to it", async () => {
  let state = "InProgress";
  const waiting: (() => void)[] = [];
  const asked = {
    queryKey: ["job"],
    queryFn: async () => {
      const read = state;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return read;
    },
  };
  const client = new QueryClient();
  const first = client.fetchQuery(asked);

  state = "Completed";
  const told = [asItIsNow<string>(client, asked), asItIsNow<string>(client, asked)];
  waiting.shift()?.();
  expect(await first).toBe("InProgress");
  await new Promise((resolve) => setTimeout(resolve));
  expect(waiting).toHaveLength(1);
  waiting.shift()?.();

  expect(await Promise.all(told)).toEqual(["Completed", "Completed"]);
});
