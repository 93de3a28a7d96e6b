"""The sagemaker SDK's AutoML and AutoMLV2, on real measurements."""

from __future__ import annotations

from tests.journeys.clients import Client
from tests.journeys.server import Server


def test_a_table_is_explored_models_are_found_and_the_best_is_served(server: Server, v2: Client) -> None:
    found = v2.run("autopilot.py", timeout_s=600.0)

    assert found["plan"] == ["Completed", "CandidateDefinitionsGenerated", False]
    assert found["status"] == ["Completed", "Completed"], found["partial"]
    assert found["resolved"]["AutoMLJobObjective"] == {"MetricName": "Accuracy"}
    assert found["resolved"]["CompletionCriteria"]["MaxCandidates"] == 2
    assert found["deployed"] == {"EndpointName": "iris-at-once"}
    assert found["best"] == found["attached"] == found["trained"][0]
    assert found["ranked"] == sorted(found["ranked"], reverse=True)
    assert len(found["ranked"]) == 2
    assert {"Accuracy", "F1macro", "LogLoss"} <= set(found["metrics"])
    assert found["steps"] == ["AWS::SageMaker::ProcessingJob", "AWS::SageMaker::TrainingJob"]
    assert {"train", "validation"} <= set(found["channels"])
    assert "multiclass_classification_metrics" in found["quality"]
    assert "explanations" in found["explained"]
    # Both notebooks run: one reads the training rows, one trains the candidates again.
    assert 80 <= found["explored"] < 110
    assert found["defined"][0] == ["Completed", "Completed"]
    assert found["defined"][1].startswith("iris-nb-")
    assert found["defined"][2] == ["ensemble", "linear"]
    # The analysis, two candidates and two reports; the notebooks of the tutorials sort by this column.
    assert found["runs"] == 5
    assert "ObjectiveMetric - Max" in found["columns"]
    assert found["tags"] == [{"Key": "team", "Value": "a"}]
    assert min(found["at_once"], found["chosen"], found["transformed"]) > 0.9
    # The command shows a job that the SDK has made.
    shown = server.command("automl", "--follow", "iris")
    titles, *rows = [line.split() for line in shown.stdout.splitlines()]
    assert titles[:3] == ["CANDIDATE", "STATUS", "Accuracy"]
    assert [row[0] for row in rows if "*" in row] == [found["best"]]
    assert "endpoint: iris-at-once" in shown.stderr
    assert all(0.0 <= each <= 1.0 for each in found["probabilities"])
