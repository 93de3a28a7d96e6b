// The names of tensors as a tree: kinds such as "gradient", the modules of the network, and what each has.

export type TensorRow =
  | { type: "group"; path: string; label: string; depth: number; count: number; isOpen: boolean }
  | { type: "tensor"; name: string; label: string; depth: number };

interface Node {
  /** With the sign that parts it from what follows. */
  label: string;
  path: string;
  children: Map<string, Node>;
  tensors: { name: string; label: string }[];
  count: number;
}

/** The parts of a name: "gradient/" "layer1." "0." "weight"; the parts together are the name. */
export function partsOf(name: string): string[] {
  return name.split(/(?<=[/.])(?=.)|(?=_(?:input|output)_\d+$)/).filter(Boolean);
}

/** isOpen: by the path of a group. Rows below a closed group are left out. */
export function tensorRows(names: readonly string[], isOpen: (path: string) => boolean): TensorRow[] {
  const root: Node = { label: "", path: "", children: new Map(), tensors: [], count: 0 };
  for (const name of names) {
    const parts = partsOf(name);
    let node = root;
    for (const label of parts.slice(0, -1)) {
      // "conv1.weight" and "conv1_output_0" are of one module.
      const key = label.replace(/[/.]$/, "");
      const path = node === root ? key : `${node.path}/${key}`;
      const next = node.children.get(key) ?? { label, path, children: new Map(), tensors: [], count: 0 };
      node.children.set(key, next);
      next.count += 1;
      node = next;
    }
    node.tensors.push({ name, label: parts.at(-1) ?? name });
  }
  const rows: TensorRow[] = [];
  const add = (node: Node, depth: number): void => {
    for (const child of node.children.values()) {
      const { node: last, label } = whole(child);
      const [only] = last.tensors;
      if (last.count === 1 && only !== undefined) {
        rows.push({ type: "tensor", name: only.name, label: label + only.label, depth });
        continue;
      }
      const open = isOpen(last.path);
      rows.push({ type: "group", path: last.path, label: label.replace(/[/.]$/, ""), depth, count: last.count, isOpen: open });
      if (open) add(last, depth + 1);
    }
    for (const { name, label } of node.tensors) rows.push({ type: "tensor", name, label: label.replace(/^_/, ""), depth });
  };
  add(root, 0);
  return rows;
}

/** A group that has nothing but one group is one with it. */
function whole(node: Node): { node: Node; label: string } {
  let [last, label] = [node, node.label];
  while (last.tensors.length === 0 && last.children.size === 1) {
    const [only] = last.children.values();
    if (only === undefined) break;
    label += only.label;
    last = only;
  }
  return { node: last, label };
}

/** The paths of the groups that a tensor is in. */
export function groupsOf(name: string): string[] {
  const keys = partsOf(name)
    .slice(0, -1)
    .map((part) => part.replace(/[/.]$/, ""));
  return keys.map((_, index) => keys.slice(0, index + 1).join("/"));
}
