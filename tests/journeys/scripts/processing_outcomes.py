"""A script that fails, as ScriptProcessor tells it, and FrameworkProcessor with requirements."""

import tempfile
import zipfile
from pathlib import Path

import sagemaker
from answer import answer, listening
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.processing import FrameworkProcessor, ProcessingOutput, ScriptProcessor
from sagemaker.s3 import S3Downloader
from sagemaker.sklearn.estimator import SKLearn

PROCESSING = Path(__file__).resolve().parent.parent / "processing"

session = sagemaker.Session()
role = sagemaker.get_execution_role()
failing = ScriptProcessor(
    command=["python3"],
    image_uri="python:3.11",
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    base_job_name="failing",
)
told = ""
with listening() as heard:
    try:
        failing.run(code=str(PROCESSING / "failing.py"))
    except UnexpectedStatusException as error:
        told = str(error)
failed = failing.latest_job.describe()

source = Path(tempfile.mkdtemp())
for name in ("report.py", "helper.py"):
    (source / name).write_bytes((PROCESSING / "framework" / name).read_bytes())
# A wheel in the folder itself, as pip takes it: no index is needed.
wheel = "journeywheel-1.0-py3-none-any.whl"
with zipfile.ZipFile(source / wheel, "w") as archive:
    archive.writestr("journeywheel.py", 'WORDS = "from the wheel"\n')
    folder = "journeywheel-1.0.dist-info"
    archive.writestr(f"{folder}/METADATA", "Metadata-Version: 2.1\nName: journeywheel\nVersion: 1.0\n")
    archive.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    archive.writestr(f"{folder}/RECORD", "")
(source / "requirements.txt").write_text(f"./{wheel}\n")
framework = FrameworkProcessor(
    estimator_cls=SKLearn,
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    base_job_name="framework",
)
framework.run(
    code="report.py",
    source_dir=str(source),
    outputs=[ProcessingOutput(output_name="report", source="/opt/ml/processing/output")],
    arguments=["--month", "11"],
    logs=False,
)
outputs = framework.latest_job.describe()["ProcessingOutputConfig"]["Outputs"]
folder = tempfile.mkdtemp()
S3Downloader.download(outputs[0]["S3Output"]["S3Uri"], folder, sagemaker_session=session)
answer(
    told=told,
    heard=heard.getvalue(),
    reason=failed["FailureReason"],
    message=failed["ExitMessage"],
    report=(Path(folder) / "report.txt").read_text(),
    framework=framework.latest_job.describe()["ProcessingJobStatus"],
)
