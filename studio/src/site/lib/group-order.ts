// The order of groups follows that of the rows, where it can be told of a group.
import type { GroupsAnswer } from "../api/experiment-operations";
import type { SortOrder } from "./table-view";

type Group = GroupsAnswer["Groups"][number];

/** The mean of instants orders nothing that anybody means. */
const TIME = /Time$/;

/** By their value, or by the mean of a column; else as the server has them: the greatest group first. */
export function orderedGroups({ Groups, Numbers }: GroupsAnswer, by: string, sort: SortOrder): Group[] {
  const means = TIME.test(sort.by) ? undefined : Numbers[sort.by]?.Mean;
  if (sort.by !== by && !means?.some((mean) => mean !== null)) return Groups;
  const key = (at: number): string | number | null =>
    sort.by === by ? (Groups[at]?.Value ?? null) : (means?.[at] ?? null);
  const places = Groups.map((_, at) => at).sort((one, other) => {
    const [left, right] = [key(one), key(other)];
    // Groups without come last, either way.
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sort.descending ? compared(right, left) : compared(left, right);
  });
  return places.flatMap((at) => Groups[at] ?? []);
}

/** Numbers before texts, as the server orders rows. */
function compared(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "string" && typeof other === "string") return one < other ? -1 : Number(one > other);
  return typeof one === "number" ? -1 : 1;
}
