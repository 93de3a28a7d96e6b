import { describe, expect, it } from "vitest";
import {
  type Edge,
  foundIn,
  graphOf,
  hiddenCount,
  type LineageAnswer,
  MOST_VERTICES,
  reach,
  stepTo,
  titleOf,
  treeOf,
  type Vertex,
} from "./lineage";

function vertex(name: string, counts: Partial<Vertex> = {}): Vertex {
  return { Arn: `arn:${name}`, LineageType: "Artifact", Type: "DataSet", Name: name, Before: 0, After: 0, ...counts };
}

function edge(source: string, target: string, type = "ContributedTo"): Edge {
  return { SourceArn: `arn:${source}`, DestinationArn: `arn:${target}`, AssociationType: type };
}

const ANSWER: LineageAnswer = {
  Starts: ["arn:train"],
  Vertices: [
    vertex("train", { Before: 3, After: 1, Type: "TrainingJob", LineageType: "TrialComponent" }),
    vertex("clean", { Before: 1, After: 9 }),
    vertex("image", { After: 40 }),
    vertex("model", { Before: 1, Uri: "s3://bucket/model.tar.gz" }),
    vertex("prepare", { Before: 1, After: 1 }),
  ],
  Edges: [
    edge("clean", "train"),
    edge("image", "train"),
    edge("train", "model", "Produced"),
    edge("prepare", "clean", "Produced"),
    edge("image", "prepare"),
  ],
  IsCut: false,
};

function graph(...more: LineageAnswer[]) {
  const found = graphOf([ANSWER, ...more]);
  if (found === undefined) throw new Error("no graph");
  return found;
}

describe("a lineage", () => {
  it("grows by each answer and has each vertex and edge once", () => {
    const more: LineageAnswer = {
      Starts: ["arn:clean"],
      Vertices: [vertex("clean", { Before: 1, After: 9 }), vertex("other")],
      Edges: [edge("clean", "train"), edge("clean", "other"), edge("clean", "nowhere")],
      IsCut: false,
    };
    const found = graph(more);

    expect(found.vertices.size).toBe(6);
    expect(found.edges.length).toBe(6);
    expect(hiddenCount(found, "arn:clean", "after")).toBe(7);
    expect(hiddenCount(graph(), "arn:clean", "after")).toBe(8);
    expect(hiddenCount(found, "arn:train", "before")).toBe(1);
    expect(graphOf([])).toBeUndefined();
  });

  it("stays bounded and says so", () => {
    const many = Array.from({ length: MOST_VERTICES + 5 }, (_, index) => vertex(`job-${index}`));
    const found = graph({ Starts: ["arn:image"], Vertices: many, Edges: [], IsCut: false });

    expect(found.vertices.size).toBe(MOST_VERTICES);
    expect(found.isCut).toBe(true);
    expect(found.vertices.has("arn:prepare")).toBe(true);
  });

  it("is walked in both directions, a cycle once", () => {
    expect([...reach(graph(), "arn:train", "before")].sort()).toEqual(["arn:clean", "arn:image", "arn:prepare"]);
    expect([...reach(graph(), "arn:prepare", "after")].sort()).toEqual(["arn:clean", "arn:model", "arn:train"]);
    const cycle = graph({ Starts: [], Vertices: [], Edges: [edge("model", "prepare")], IsCut: false });
    expect(reach(cycle, "arn:train", "after").has("arn:train")).toBe(false);
    expect(treeOf(cycle, "after").length).toBe(4);
  });

  it("is read as a tree, and what was told is not told again", () => {
    const rows = treeOf(graph(), "before").map(
      (row) => `${row.level} ${row.association} ${row.vertex.Name}${row.isAgain ? " again" : ""}`,
    );

    expect(rows).toEqual([
      "1 ContributedTo clean",
      "2 Produced prepare",
      "3 ContributedTo image",
      "1 ContributedTo image again",
    ]);
  });

  it("is searched by name, location and type", () => {
    expect(foundIn(graph(), "MODEL.tar")).toEqual(["arn:model"]);
    expect(foundIn(graph(), "trainingjob")).toEqual(["arn:train"]);
    expect(foundIn(graph(), " ")).toEqual([]);
  });

  it("is walked with the arrow keys", () => {
    const places = new Map([
      ["arn:train", { x: 200, y: 50 }],
      ["arn:clean", { x: 100, y: 90 }],
      ["arn:image", { x: 100, y: 55 }],
      ["arn:model", { x: 300, y: 50 }],
    ]);
    expect(stepTo(graph(), places, "arn:train", "ArrowLeft")).toBe("arn:image");
    expect(stepTo(graph(), places, "arn:train", "ArrowRight")).toBe("arn:model");
    expect(stepTo(graph(), places, "arn:image", "ArrowDown")).toBe("arn:clean");
    expect(stepTo(graph(), places, "arn:model", "ArrowRight")).toBeUndefined();
    expect(stepTo(graph(), places, "arn:elsewhere", "ArrowUp")).toBeUndefined();
  });

  it("calls a vertex by the name that people gave it", () => {
    expect(titleOf(vertex("a", { DisplayName: "Training" }))).toBe("Training");
    expect(titleOf(vertex("digits-7-aws-training-job", { Job: "arn:job" }))).toBe("digits-7");
    expect(titleOf(vertex("digits-7-aws-training-job"))).toBe("digits-7-aws-training-job");
    expect(titleOf({ ...vertex("a"), Name: "", Uri: "s3://b/c" })).toBe("s3://b/c");
    expect(titleOf({ ...vertex("a"), Name: "", Arn: "arn:aws:x:y:z:artifact/77" })).toBe("77");
  });
});
