import { describe, expect, it } from "vitest";
import { arnOf, lastOf, parseArn, parseLocation, resourceOf } from "./arns";

const JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job/digits-7";

describe("ARNs", () => {
  it("are read and written", () => {
    expect(parseArn(JOB)).toEqual({
      service: "sagemaker",
      region: "us-east-1",
      account: "111122223333",
      type: "training-job",
      id: "digits-7",
    });
    expect(resourceOf(JOB)).toBe("training-job/digits-7");
    expect(arnOf("training-job/digits-7", { Region: "us-east-1", Account: "111122223333" })).toBe(JOB);
    expect(arnOf(JOB, { Region: "", Account: "" })).toBe(JOB);
  });

  it("that are none have no parts", () => {
    for (const text of ["", "digits-7", "arn:aws:s3:::bucket", "s3://a/b"]) {
      expect(parseArn(text)).toBeUndefined();
      expect(resourceOf(text)).toBe(text);
    }
  });
});

describe("locations", () => {
  it("are a bucket and a key", () => {
    expect(parseLocation("s3://bucket/a/b c.csv")).toEqual({ bucket: "bucket", key: "a/b c.csv" });
    expect(parseLocation("s3://bucket")).toEqual({ bucket: "bucket", key: "" });
    expect(parseLocation("https://bucket/a")).toBeUndefined();
    expect(parseLocation("s3:///a")).toBeUndefined();
  });

  it("have a last part", () => {
    expect(lastOf("s3://bucket/digits/train/")).toBe("train");
    expect(lastOf("python:3.11")).toBe("python:3.11");
  });
});
