// A link to the page of what an ARN names; a text where it has none.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { parseArn } from "../lib/arns";

interface LinkProps {
  children: ReactNode;
  className?: string;
  title?: string;
  tabIndex?: number;
}

export function EntityLink({ arn, ...props }: LinkProps & { arn: string }) {
  const parsed = parseArn(arn);
  const name = parsed?.id ?? "";
  switch (parsed?.type) {
    case "training-job":
      return <Link to="/training-jobs/$name" params={{ name }} {...props} />;
    case "processing-job":
      return <Link to="/processing-jobs/$name" params={{ name }} {...props} />;
    case "transform-job":
      return <Link to="/transform-jobs/$name" params={{ name }} {...props} />;
    case "hyper-parameter-tuning-job":
      return <Link to="/tuning-jobs/$name" params={{ name }} {...props} />;
    case "automl-job":
      return <Link to="/autopilot-jobs/$name" params={{ name }} {...props} />;
    case "experiment-trial-component":
      return <Link to="/components/$name" params={{ name }} {...props} />;
    case "artifact":
      return <Link to="/artifacts/$arn" params={{ arn: name }} {...props} />;
    case "action":
      return <Link to="/actions/$name" params={{ name }} {...props} />;
    case "context":
      return <Link to="/contexts/$name" params={{ name }} {...props} />;
    default:
      return <span {...props} />;
  }
}
