from __future__ import annotations

import subprocess
import sys

import pytest

from clary.host.result.failure import algorithm_error, error_message, script_failure

TRACEBACK = ("Traceback (most recent call last):", '  File "t.py", line 1, in <module>', "    f()")
HANDLING = "During handling of the above exception, another exception occurred:"
CAUSE = "The above exception was the direct cause of the following exception:"
TORCHRUN = (
    "E1127 12:00:00.000000 139 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) "
    "local_rank: 0 (pid: 141) of binary: /opt/bin/python",
    *TRACEBACK,
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
    "============================================================",
    "t.py FAILED",
    "------------------------------------------------------------",
    "Failures:",
    "  <NO_OTHER_FAILURES>",
    "------------------------------------------------------------",
    "Root Cause (first observed failure):",
    "[0]:",
    "  time      : 2026-11-27_13:40:50",
    "  host      : algo-1",
    "  rank      : 0 (local_rank: 0)",
    "  exitcode  : 1 (pid: 141)",
    "  error_file: <N/A>",
    "  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html",
    "============================================================",
)
MPIRUN = (
    "--------------------------------------------------------------------------",
    "Primary job  terminated normally, but 1 process returned",
    "a non-zero exit code. Per user-direction, the job has been aborted.",
    "--------------------------------------------------------------------------",
    "mpirun detected that one or more processes exited with non-zero status, thus causing",
    "the job to be terminated. The first process to do so was:",
)
SUBPROCESS = (
    *TRACEBACK,
    "subprocess.CalledProcessError: Command '['python', 't.py']' returned non-zero exit status 1.",
)
LOOKUP = (*TRACEBACK, "LookupError: column price is missing")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((*TRACEBACK, "ValueError: no"), "ValueError: no"),
        ((*LOOKUP, "epoch 2", *TRACEBACK, "ValueError: no"), "ValueError: no"),
        (
            (*TRACEBACK, "KeyError: 1", HANDLING, *TRACEBACK, "OSError: 2"),
            "OSError: 2\nWhile handling: KeyError: 1",
        ),
        (
            (*TRACEBACK, "KeyError: 1", CAUSE, *TRACEBACK, "OSError: 2", CAUSE, *TRACEBACK, "E: 3"),
            "E: 3\nCaused by: OSError: 2\nCaused by: KeyError: 1",
        ),
        (("  File 't.py'", "SyntaxError: invalid syntax"), "SyntaxError: invalid syntax"),
        (("epoch 1", "I give up"), "I give up"),
        ((*TRACEBACK, "KeyError: 1", "", CAUSE, "", *TRACEBACK, "E: 2", ""), "E: 2\nCaused by: KeyError: 1"),
        ((f" 10%|# | 1/10{TRACEBACK[0]}", *TRACEBACK[1:], "ValueError: no"), "ValueError: no"),
        ((), ""),
    ],
)
def test_the_error_that_ended_the_script_is_found(lines: tuple[str, ...], message: str) -> None:
    assert error_message(1, lines) == message


@pytest.mark.parametrize(
    "message",
    [
        ("ValueError: first", "second", "third"),
        (
            "RuntimeError: Error(s) in loading state_dict for Net:",
            '\tMissing key(s) in state_dict: "a".',
            '\tUnexpected key(s) in state_dict: "b".',
        ),
    ],
)
@pytest.mark.parametrize("after", [(), TORCHRUN, MPIRUN, SUBPROCESS, ("INFO:root:bye",)])
def test_all_lines_of_an_error_are_told_and_none_of_others(
    message: tuple[str, ...], after: tuple[str, ...]
) -> None:
    assert error_message(1, (*TRACEBACK, *message, *after)) == "\n".join(message)


def traceback_of(script: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr.splitlines()


READ = "def read(name):\n raise LookupError(f'{name} is missing\\nin the table')\n"
GATHER = """
import asyncio
async def column(name): read(name)
async def main():
 async with asyncio.TaskGroup() as tasks:
  for name in ('price', 'date'): tasks.create_task(column(name))
"""
MEMBERS = (
    "ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)\n"
    "LookupError: price is missing\nin the table\nLookupError: date is missing\nin the table"
)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (READ + GATHER + "asyncio.run(main())", MEMBERS),
        (
            READ
            + GATHER
            + "try: asyncio.run(main())\nexcept* LookupError as e: raise OSError('no data') from e",
            "OSError: no data\nCaused by: " + MEMBERS,
        ),
        (
            "raise ExceptionGroup('a', [ExceptionGroup('b', [KeyError('c')]), ValueError('d')])",
            "ExceptionGroup: a (2 sub-exceptions)\nExceptionGroup: b (1 sub-exception)\nKeyError: 'c'\n"
            "ValueError: d",
        ),
    ],
    ids=["task group", "cause", "nested"],
)
@pytest.mark.parametrize("after", [(), ("INFO:root:bye",), TORCHRUN])
def test_the_members_of_an_exception_group_are_told(
    script: str, message: str, after: tuple[str, ...]
) -> None:
    assert error_message(1, (*traceback_of(script), *after)) == message


@pytest.mark.parametrize("launcher", [TORCHRUN, MPIRUN, SUBPROCESS, (*SUBPROCESS, *SUBPROCESS)])
@pytest.mark.parametrize("prefix", ["", "[rank0]: ", "[1,0]<stderr>:", "[1,mpirank:0,algo-1]<stderr>:"])
def test_the_first_worker_that_failed_is_told_and_not_the_launcher(
    launcher: tuple[str, ...], prefix: str
) -> None:
    second = (*TRACEBACK, "RuntimeError: Connection closed by peer [127.0.0.1]:1234")
    workers = [prefix + line for line in (*LOOKUP, "epoch 3 of another rank", *second)]

    said = error_message(1, (*workers, *launcher))

    assert said.splitlines()[0] == "LookupError: column price is missing"
    assert "Connection closed" not in said
    assert "ChildFailedError" not in said


def test_an_error_that_was_caught_long_before_is_not_of_the_failure() -> None:
    caught = (*TRACEBACK, "ImportError: No module named apex")
    epochs = [f"epoch {number}" for number in range(100)]

    assert error_message(1, (*caught, *epochs, *LOOKUP, *TORCHRUN)) == LOOKUP[-1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (("  File 't.py'", "SyntaxError: invalid syntax", *TORCHRUN), "SyntaxError: invalid syntax"),
        (("I give up", *SUBPROCESS), "I give up"),
        (("I give up", *TORCHRUN), "I give up"),
        (
            ("usage: t.py [-h]", "t.py: error: unrecognized arguments: --lr 1", *TORCHRUN),
            "t.py: error: unrecognized arguments: --lr 1",
        ),
        (SUBPROCESS, SUBPROCESS[-1]),
        (
            (*TORCHRUN[:-2], "  traceback : Signal 11 (SIGSEGV) received by PID 141"),
            "The process was ended by SIGSEGV",
        ),
        (
            (*TRACEBACK, "subprocess.CalledProcessError: Command 'x' died with <Signals.SIGKILL: 9>."),
            "The process was killed by SIGKILL, possibly because the machine ran out of memory",
        ),
        (
            (
                *TRACEBACK,
                "torch.multiprocessing.spawn.ProcessRaisedException: ",
                "-- Process 0 terminated with the following error:",
                *LOOKUP,
            ),
            LOOKUP[-1],
        ),
    ],
)
def test_below_a_launcher_the_best_there_is_is_told(lines: tuple[str, ...], message: str) -> None:
    assert error_message(1, lines) == message


@pytest.mark.parametrize(("workers", "reason"), [(1, "KeyError: 2"), (2, LOOKUP[-1])])
def test_the_only_worker_of_a_launcher_has_caught_its_earlier_errors(workers: int, reason: str) -> None:
    command = f"python -m torch.distributed.run --nnodes 1 --nproc_per_node {workers} --node_rank 0 t.py"

    said = script_failure(1, (*LOOKUP, *TRACEBACK, "KeyError: 2", *TORCHRUN), command)

    assert f'ErrorMessage "{reason}"' in said


def test_a_signal_is_said_in_words() -> None:
    assert "out of memory" in error_message(137, ("epoch 1",))
    assert error_message(139, ()) == "The process was ended by SIGSEGV"


def test_the_reason_has_awss_form_and_length() -> None:
    text = script_failure(2, ("x" * 5000,), "python train.py")

    assert text.startswith('ExecuteUserScriptError:\nExitCode 2\nErrorMessage "xxx')
    assert len(algorithm_error(text)) == 1024
