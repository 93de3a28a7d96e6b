import { describe, expect, it } from "vitest";
import { artifactKind, typeWords, vertexKind } from "./vertex-kinds";

describe("kinds of vertices", () => {
  it("are told by the lineage's type and the own one", () => {
    expect(vertexKind({ LineageType: "TrialComponent", Type: "TrainingJob" })).toBe("job");
    expect(vertexKind({ LineageType: "TrialComponent", Type: "TrialComponent" })).toBe("component");
    expect(vertexKind({ LineageType: "Action", Type: "Approval" })).toBe("action");
    expect(vertexKind({ LineageType: "Context", Type: "Endpoint" })).toBe("context");
    expect(vertexKind({ LineageType: "Artifact", Type: "DataSet" })).toBe("data");
  });

  it("of artifacts follow the words that people use", () => {
    expect(artifactKind("Dataset")).toBe("data");
    expect(artifactKind("validation-data")).toBe("data");
    expect(artifactKind("ModelPackage")).toBe("model");
    expect(artifactKind("ConfusionMatrix")).toBe("result");
  });

  it("have words", () => {
    expect(typeWords("TrainingJob")).toBe("Training job");
    expect(typeWords("ConfusionMatrix")).toBe("Confusion matrix");
    expect(typeWords("ROCCurve")).toBe("ROC curve");
    expect(typeWords("PrecisionRecallCurve")).toBe("Precision recall curve");
    expect(typeWords("text/plain")).toBe("Text/plain");
  });
});
