from __future__ import annotations

from dataclasses import dataclass

import pytest

from clary.debugger.rules import RuleConfigurationError, RuleParameterError, build_rule, built_in_rules


@dataclass(frozen=True)
class Everything:
    number: float = 1.5
    count: int = 3
    maybe: float | None = None
    flag: bool = False
    names: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    text: str | None = None
    a_regex: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", "1e-7", 1e-7),
        ("number", " 2 ", 2.0),
        ("count", "10", 10),
        ("count", "10.0", 10),
        ("maybe", "None", None),
        ("maybe", "0.5", 0.5),
        ("flag", "True", True),
        ("flag", "false", False),
        ("names", "a, b,c", ("a", "b", "c")),
        ("names", '["a,b", "c"]', ("a,b", "c")),
        ("names", "None", ()),
        ("numbers", "0,1.5", (0.0, 1.5)),
        ("text", "EVAL", "EVAL"),
        ("a_regex", "[Ll]oss,.*relu", ("[Ll]oss", ".*relu")),
    ],
)
def test_strings_are_parsed_to_typed_values(name: str, text: str, value: object) -> None:
    assert getattr(build_rule(Everything, {name: text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "fix"),
    [
        ("number", "high", 'give a number, such as "10"'),
        ("number", "nan", "give a number"),
        ("count", "1.5", "give a whole number"),
        ("flag", "maybe", 'give "True" or "False"'),
        ("numbers", "1,x", "give a number"),
        ("a_regex", "ok,(broken", "it is no regular expression"),
    ],
)
def test_the_error_of_a_wrong_value_names_the_parameter_and_the_fix(name: str, text: str, fix: str) -> None:
    with pytest.raises(RuleParameterError, match=f"Parameter '{name}'") as refused:
        build_rule(Everything, {name: text})

    assert fix in str(refused.value)
    assert refused.value.parameter == name


def test_the_error_of_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(
        RuleConfigurationError, match="Everything has no parameter 'nmber'; it takes number, count"
    ):
        build_rule(Everything, {"nmber": "1"})


def test_parsed_values_are_accepted_too() -> None:
    assert build_rule(Everything, {"number": 2, "names": ("a",)}) == Everything(number=2.0, names=("a",))


@pytest.mark.parametrize("name", sorted(built_in_rules()))
def test_every_rule_refuses_an_unknown_parameter(name: str) -> None:
    with pytest.raises(RuleConfigurationError, match="has no parameter 'no_such'"):
        build_rule(built_in_rules()[name], {"no_such": "1"})
