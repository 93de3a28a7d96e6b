// Starts a job.
import { CREATE } from "../lib/again";
import type { JobKind } from "../lib/jobs";
import type { Document } from "../lib/shape";
import { post } from "./call";

/** request: of the operation's shape, as a form has it. The server checks it. Rejects with ServerError. */
export function createJob(kind: JobKind, request: Document): Promise<unknown> {
  return post(`sagemaker/${CREATE[kind]}`, request);
}
