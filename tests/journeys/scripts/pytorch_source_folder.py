"""A source folder with requirements.txt and a module beside the script, and a dependency."""

import tempfile
import zipfile
from pathlib import Path

import sagemaker
from answer import answer, code, described
from sagemaker.pytorch import PyTorch

source = Path(code("importing.py"))
(source / "journeyhelper.py").write_text('WORDS = "beside it"\n')
# A wheel in the folder itself, as pip takes it: no index is needed.
wheel = "journeywheel-1.0-py3-none-any.whl"
with zipfile.ZipFile(source / wheel, "w") as archive:
    archive.writestr("journeywheel.py", 'WORDS = "from the wheel"\n')
    archive.writestr(
        "journeywheel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: journeywheel\nVersion: 1.0\n"
    )
    archive.writestr(
        "journeywheel-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    archive.writestr("journeywheel-1.0.dist-info/RECORD", "")
(source / "requirements.txt").write_text(f"./{wheel}\n")
library = Path(tempfile.mkdtemp()) / "journeylibrary"
library.mkdir()
(library / "__init__.py").write_text('WORDS = "from the dependency"\n')

estimator = PyTorch(
    entry_point="importing.py",
    source_dir=str(source),
    dependencies=[str(library)],
    role=sagemaker.get_execution_role(),
    instance_type="ml.m5.large",
    instance_count=1,
    framework_version="2.6",
    py_version="py312",
)
estimator.fit(wait=True, logs="All")
answer(**described(estimator))
