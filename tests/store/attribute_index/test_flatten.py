from __future__ import annotations

import pytest

from clary.store.attribute_index.flatten import ELEMENT_BITS, LONGEST, flatten, number_of

SECOND = 1 << ELEMENT_BITS


def test_a_path_is_the_members_that_lead_to_a_value() -> None:
    assert flatten({"Parameters": {"lr": {"NumberValue": 0.5}, "opt": {"StringValue": "sgd"}}}) == {
        ("Parameters.lr.NumberValue", 0): (None, 0.5, 1),
        ("Parameters.opt.StringValue", 0): ("sgd", None, 1),
    }


def test_elements_of_a_list_keep_apart_and_the_first_value_leads() -> None:
    channels = [{"Name": "a"}, {"Name": "b", "Type": "csv"}]

    assert flatten({"Channels": channels}) == {
        ("Channels.Name", 0): ("a", None, 1),
        ("Channels.Name", SECOND): ("b", None, 0),
        ("Channels.Type", SECOND): ("csv", None, 1),
    }


def test_lists_in_a_list_stay_in_its_element() -> None:
    assert flatten({"Rules": [{"Ids": ["x", "y"]}, {"Ids": ["z"]}]}) == {
        ("Rules.Ids", 0): ("x", None, 1),
        ("Rules.Ids", 1): ("y", None, 0),
        ("Rules.Ids", SECOND): ("z", None, 0),
    }


def test_only_hyperparameters_are_numbers_when_they_spell_one() -> None:
    assert flatten({"HyperParameters": {"lr": "1e-1", "name": "0x"}, "DisplayName": "10"}) == {
        ("HyperParameters.lr", 0): ("1e-1", 0.1, 1),
        ("HyperParameters.name", 0): ("0x", None, 1),
        ("DisplayName", 0): ("10", None, 1),
    }


def test_truth_is_spelled_and_null_is_no_attribute() -> None:
    members = {"Spot": True, "Gone": None, "Empty": {}, "None": [], "NaN": float("nan"), "Huge": 10**400}

    assert flatten(members) == {("Spot", 0): ("true", None, 1)}


def test_final_metrics_have_paths_of_their_names_too() -> None:
    flat = flatten({"FinalMetricDataList": [{"MetricName": "test:acc", "Value": 0.9, "Timestamp": 5.0}]})

    assert flat["FinalMetricDataList.test:acc", 0] == (None, 0.9, 1)
    assert flat["FinalMetricDataList.MetricName", 0] == ("test:acc", None, 1)


def test_a_long_string_is_cut_behind_what_any_filter_can_equal() -> None:
    ((string, _, _),) = flatten({"FailureReason": "x" * 5000}).values()

    assert string == "x" * LONGEST


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1_000", "1e999", "0x10"])
def test_what_spells_no_finite_number_is_none(text: str) -> None:
    assert number_of(text) is None
