"""Fits that end by a failing script, a stop, or a time-out."""

import sagemaker
from answer import answer, arguments, code, described
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.sklearn.estimator import SKLearn

wishes = arguments()
session = sagemaker.Session()


def estimator(how, **members):
    return SKLearn(
        entry_point="ending.py",
        source_dir=code("ending.py"),
        role=sagemaker.get_execution_role(),
        instance_type="ml.m5.large",
        framework_version="1.2-1",
        py_version="py3",
        hyperparameters={"how": how},
        **members,
    )


# All three at once: the SDK looks at a job every 30 s, whichever way it ends.
stopped, late = estimator("late"), estimator("late", max_run=2)
stopped.fit(wait=False)
late.fit(wait=False)
failing = estimator("raise")
try:
    failing.fit(wait=True, logs="All")
    raised = ""
except UnexpectedStatusException as error:
    raised = str(error)
stopped.latest_training_job.stop()
stopped.latest_training_job.wait(logs="None")
late.latest_training_job.wait(logs="None")
answer(raised=raised, failed=described(failing), stopped=described(stopped), late=described(late))
