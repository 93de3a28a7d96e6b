"""What the real smdebug reads of a profile in S3."""

import contextlib
import io
import time

from answer import answer, arguments

with contextlib.redirect_stdout(io.StringIO()):
    from smdebug.profiler.algorithm_metrics_reader import S3AlgorithmMetricsReader
    from smdebug.profiler.analysis.utils.profiler_data_to_pandas import PandasFrame
    from smdebug.profiler.system_metrics_reader import S3SystemMetricsReader
    from smdebug.profiler.utils import TimeUnits


def step_number(event):
    return event.event_args["step_num"]


profile = arguments()["profile"]
now_us = time.time() * 1e6
system = S3SystemMetricsReader(profile).get_events(0, now_us, TimeUnits.MICROSECONDS)
steps = S3AlgorithmMetricsReader(profile).get_events(0, now_us, TimeUnits.MICROSECONDS)
frame = PandasFrame(profile, use_in_memory_cache=True)
answer(
    system=[
        [event.type, event.name, event.dimension, event.value, event.node_id, event.timestamp]
        for event in system
    ],
    steps=[
        [each.event_name, each.event_phase, each.start_time, each.duration, each.node_id, step_number(each)]
        for each in steps
    ],
    rows=len(frame.get_all_system_metrics()),
    step_rows=sorted(set(frame.get_all_framework_metrics()["framework_metric"])),
)
