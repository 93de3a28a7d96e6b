"""Search with the packages that people search with: smexperiments, ExperimentAnalytics, the SDK's session."""

import logging
import warnings

import sagemaker
from answer import answer, arguments
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.experiments import list_runs
from sagemaker.experiments.run import Run, SortByType, SortOrderType
from smexperiments.experiment import Experiment
from smexperiments.search_expression import BooleanOperator, Filter, NestedFilter, Operator, SearchExpression
from smexperiments.trial import Trial
from smexperiments.trial_component import TrialComponent

warnings.simplefilter("ignore")
logging.getLogger("sagemaker").setLevel(logging.ERROR)
name = arguments()["name"]
session = sagemaker.Session()
client = session.sagemaker_client
mine = Filter("Parents.ExperimentName", Operator.EQUALS, name)


def components(expression, **order):
    found = TrialComponent.search(
        search_expression=expression, max_results=3, sagemaker_boto_client=client, **order
    )
    return [component.trial_component_name.rpartition("-")[2] for component in found]


fast = Filter("Parameters.lr.NumberValue", Operator.GREATER_THAN_OR_EQUAL, "0.5")
adam = Filter("Parameters.optimizer.StringValue", Operator.EQUALS, "adam")
good = Filter("metrics.test:accuracy.max", Operator.GREATER_THAN, "0.85")
both = SearchExpression(
    filters=[mine],
    sub_expressions=[SearchExpression(filters=[fast, adam], boolean_operator=BooleanOperator.OR)],
)
in_trial = SearchExpression(
    filters=[mine],
    nested_filters=[
        NestedFilter("Parents", [Filter("Parents.TrialName", Operator.EQUALS, f"{name}-trial-1")])
    ],
)


def analytics(**wishes):
    frame = ExperimentAnalytics(sagemaker_session=session, **wishes).dataframe()
    return frame.astype(object).where(frame.notnull(), None).to_dict("records")


table = analytics(
    experiment_name=name,
    search_expression={
        "Filters": [{"Name": "Parameters.optimizer.StringValue", "Operator": "Equals", "Value": "adam"}]
    },
    sort_by="metrics.test:accuracy.max",
    sort_order="Descending",
    metric_names=["test:accuracy"],
    parameter_names=["lr"],
)
for number in range(3):
    with Run(experiment_name=f"{name}-runs", run_name=f"run-{number}", sagemaker_session=session) as run:
        run.log_parameter("number", number)
runs = [
    run.run_name
    for run in list_runs(
        experiment_name=f"{name}-runs",
        sort_by=SortByType.NAME,
        sort_order=SortOrderType.ASCENDING,
        max_results=2,
        sagemaker_session=session,
    )
]
answer(
    good=components(
        SearchExpression(filters=[mine, good]), sort_by="TrialComponentName", sort_order="Ascending"
    ),
    both=components(both, sort_by="Parameters.lr.NumberValue", sort_order="Ascending"),
    in_trial=components(in_trial, sort_by="TrialComponentName", sort_order="Ascending"),
    trials=[
        trial.trial_name
        for trial in Trial.search(
            search_expression=SearchExpression(filters=[Filter("ExperimentName", Operator.EQUALS, name)]),
            sort_by="TrialName",
            sort_order="Ascending",
            sagemaker_boto_client=client,
        )
    ],
    experiments=[
        experiment.experiment_name
        for experiment in Experiment.search(
            search_expression=SearchExpression(filters=[Filter("Tags.journey", Operator.EQUALS, name)]),
            sagemaker_boto_client=client,
        )
    ],
    table=[
        {key: row[key] for key in ("DisplayName", "lr", "test:accuracy - Max", "test:accuracy - Count")}
        for row in table
    ],
    jobs=[
        found["TrainingJob"]["TrainingJobName"]
        for found in session.search(
            resource="TrainingJob",
            search_expression={"Filters": [{"Name": "Tags.journey", "Operator": "Equals", "Value": name}]},
            sort_by="HyperParameters.depth",
            sort_order="Descending",
            max_results=10,
        )["Results"]
    ],
    runs=runs,
)
