"""A notebook's environment: the SDK and Clary beside each other, both at work on one trial.

Of sagemaker 2, smdebug and sagemaker-experiments are there too.
"""

import importlib.metadata
import tempfile
from pathlib import Path

import sagemaker
from answer import answer, arguments

from clary.debugger import open_trial, tensor_plot
from clary.debugger.capture import get_hook

uri = arguments()["trial"]
trial = open_trial(uri)
page = Path(tempfile.mkdtemp()) / "network.html"
tensor_plot(trial).save_html(str(page))
found = {
    "page": page.stat().st_size,
    "names": sorted(trial.tensor_names()),
    "hook": get_hook() is None,
    "versions": {
        name: importlib.metadata.version(name) for name in ("sagemaker", "boto3", "botocore", "rich", "numpy")
    },
    "sagemaker": sagemaker.__name__,
}
if found["versions"]["sagemaker"].startswith("2."):
    from smdebug.trials import create_trial
    from smexperiments.experiment import Experiment

    found["theirs"] = sorted(create_trial(uri).tensor_names())
    Experiment.create(experiment_name="beside-clary")
    found["bucket"] = sagemaker.Session().default_bucket()
answer(**found)
