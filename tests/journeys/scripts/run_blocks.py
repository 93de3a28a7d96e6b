"""Runs the Python blocks of a page one after the other; one that begins with a path is a file."""

import re
from pathlib import Path

from answer import answer, arguments, listening

namespace = {"__name__": "__main__"}
with listening() as heard:
    for block in re.findall(r"^```python\n(.*?)^```$", arguments()["page"], re.M | re.S):
        file = re.match(r"# (\S+\.py)\n", block)
        if file:
            Path(file[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(file[1]).write_text(block)
        else:
            exec(compile(block, "the page", "exec"), namespace)
answer(
    said=heard.getvalue(),
    trained=namespace["trained"].training_job_name,
    watched=namespace["job"].training_job_name,
    bucket=namespace["session"].default_bucket(),
)
