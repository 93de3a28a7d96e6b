"""Tracks itself from inside its job, with both packages for this."""

import json

from sagemaker.experiments import load_run
from smexperiments.tracker import Tracker

with Tracker.load() as tracker:
    tracker.log_parameter("seen_inside", 7)
    for step, value in enumerate((0.25, 0.75)):
        tracker.log_metric("inside", value, iteration_number=step)
    tracker.log_output("answer", "s3://somewhere/answer")
    tracker.log_table("rows", values={"x": [1, 2], "y": [3, 4]})
    component = tracker.trial_component.trial_component_name

with load_run() as run:
    run.log_parameter("from_the_job", "yes")
    run.log_metric("of the run", 3.0)

print("RESULT", json.dumps({"component": component, "run": run.run_name}), flush=True)
