import { expect, test } from "vitest";
import { columnMeaning, exactValue, pathOf, shownValue, usualColumns } from "./component-columns";

test("a path is called as people call it", () => {
  expect(columnMeaning("Metrics.validation.loss.Last")).toMatchObject({ title: "validation.loss", hint: "last", kind: "number" });
  expect(columnMeaning("Parameters.lr")).toMatchObject({ title: "lr", kind: "parameter" });
  expect(columnMeaning("Parameters.lr.NumberValue").title).toBe("lr");
  expect(columnMeaning("Status.PrimaryStatus").title).toBe("Status");
  expect(columnMeaning("Tags.team")).toMatchObject({ title: "team", hint: "tag" });
  expect(columnMeaning("OutputArtifacts.model.Value")).toMatchObject({ title: "model", hint: "output" });
  expect(columnMeaning("Metrics.loss")).toMatchObject({ title: "Metrics.loss", kind: "text" });
  expect(columnMeaning("nonsense").title).toBe("nonsense");
});

test("the usual columns tell rows apart", () => {
  const typical = [
    { Member: "Parameters" as const, Name: "epochs", Count: 9, Differs: false },
    { Member: "Parameters" as const, Name: "sagemaker_program", Count: 9, Differs: true },
    { Member: "Parameters" as const, Name: "lr", Count: 9, Differs: true },
    { Member: "Metrics" as const, Name: "loss", Count: 9, Differs: true },
    { Member: "Metrics" as const, Name: "of one run", Count: 1, Differs: true },
    { Member: "Tags" as const, Name: "team", Count: 9, Differs: true },
  ];

  expect(usualColumns(typical, { hasExperiment: true, hasTrial: false }).map((each) => each.id)).toEqual([
    "TrialComponentName",
    "Status.PrimaryStatus",
    "Parameters.lr",
    "Metrics.loss.Last",
    "Parents.TrialName",
    "CreationTime",
    "Duration",
    "Source.SourceArn",
  ]);
});

test("values are rounded to be read and exact to be copied", () => {
  expect(shownValue(0.123456789, "number")).toBe("0.1235");
  expect(exactValue(0.123456789, "number")).toBe("0.123456789");
  expect(shownValue('"adam"', "parameter")).toBe("adam");
  expect(shownValue(["a", "b"], "trial")).toBe("a, b");
  expect(shownValue(null, "number")).toBe("");
  expect(exactValue(0, "time")).toBe("1970-01-01T00:00:00.000Z");
  expect(shownValue(90, "duration")).toBe("1 min 30 s");
});

test("a listed name becomes the path of a column", () => {
  expect(pathOf("Metrics", "loss", "Min")).toBe("Metrics.loss.Min");
  expect(pathOf("Parameters", "lr")).toBe("Parameters.lr");
  expect(pathOf("InputArtifacts", "train")).toBe("InputArtifacts.train.Value");
});
