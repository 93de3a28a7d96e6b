from __future__ import annotations

import pytest

from clary.host.failure import algorithm_error, error_message, script_failure

TRACEBACK = ("Traceback (most recent call last):", '  File "t.py", line 1, in <module>', "    f()")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((*TRACEBACK, "ValueError: no"), "ValueError: no"),
        ((*TRACEBACK, "KeyError: 1", "", "During handling:", *TRACEBACK, "OSError: 2"), "OSError: 2"),
        ((*TRACEBACK, "ValueError: no", "bye from a thread"), "ValueError: no"),
        (("  File 't.py'", "SyntaxError: invalid syntax"), "SyntaxError: invalid syntax"),
        (("epoch 1", "I give up"), "I give up"),
        ((), ""),
    ],
)
def test_the_scripts_own_last_error_line_is_found(lines: tuple[str, ...], message: str) -> None:
    assert error_message(1, lines) == message


def test_a_signal_is_said_in_words() -> None:
    assert "out of memory" in error_message(137, ("epoch 1",))
    assert error_message(139, ()) == "The process was ended by SIGSEGV"


def test_the_reason_has_awss_form_and_length() -> None:
    text = script_failure(2, ("x" * 5000,), "python train.py")

    assert text.startswith('ExecuteUserScriptError:\nExitCode 2\nErrorMessage "xxx')
    assert len(algorithm_error(text)) == 1024
