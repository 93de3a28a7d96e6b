"""SDK v3: registers two versions with ModelBuilder, approves one, and makes a model of it."""

import io
import tarfile

from answer import answer, arguments
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.resources import Model, ModelPackage, ModelPackageGroup
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.serve import ModelBuilder

given = arguments()
session = Session()
role = get_execution_role()
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"

archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w:gz") as tar:
    member = tarfile.TarInfo("model.json")
    member.size = 2
    tar.addfile(member, io.BytesIO(b"{}"))
bucket = session.default_bucket()
session.boto_session.client("s3").put_object(
    Bucket=bucket, Key=f"{given['group']}/model.tar.gz", Body=archive.getvalue()
)
data = f"s3://{bucket}/{given['group']}/model.tar.gz"

builder = ModelBuilder(
    image_uri=IMAGE,
    s3_model_data_url=data,
    role_arn=role,
    sagemaker_session=session,
    instance_type="ml.m5.large",
)
registered = builder.register(
    model_package_group_name=given["group"],
    content_types=["text/csv"],
    response_types=["text/csv"],
    inference_instances=["ml.m5.large"],
    approval_status="Approved",
    description="built",
)
group = ModelPackageGroup.get(given["group"])
# ModelPackage.create of the SDK reads a member that CreateModelPackage does not answer.
created = ModelPackage.get(builder.register(model_package_group_name=given["group"]))
created.update(model_approval_status="Approved", approval_description="by hand")
created.refresh()
versions = ModelPackage.get_all(model_package_group_name=given["group"])
model = Model.create(
    model_name=given["model"],
    primary_container=ContainerDefinition(model_package_name=created.model_package_arn),
    execution_role_arn=role,
)
made_of = model.primary_container.model_package_name
model.delete()
answer(
    registered=registered,
    group=group.model_package_group_arn,
    status=group.model_package_group_status,
    versions=sorted(each.model_package_arn for each in versions),
    approval=[created.model_approval_status, created.approval_description],
    image=created.inference_specification.containers[0].image,
    made_of=made_of,
)
