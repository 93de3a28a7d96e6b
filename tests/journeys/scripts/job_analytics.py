"""The metrics of a finished job as the SDK's analytics read them."""

import sagemaker
from answer import answer, arguments
from sagemaker.analytics import TrainingJobAnalytics

given = arguments()
session = sagemaker.Session()
frame = TrainingJobAnalytics(given["job"], sagemaker_session=session, period=1).dataframe()
answer(columns=sorted(frame.columns), names=sorted(set(frame.metric_name)), values=list(frame.value))
