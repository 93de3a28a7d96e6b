"""An endpoint with the resource classes of version 3: made, waited for, asked, and deleted."""

import json

from answer import answer, arguments
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant

said = arguments()
name = said["name"]
container = ContainerDefinition(
    image=said["image"], model_data_url=said["model_data"], environment=said["environment"]
)
Model.create(model_name=name, primary_container=container, execution_role_arn=said["role"])
variant = ProductionVariant(
    variant_name="AllTraffic", model_name=name, instance_type="ml.m5.large", initial_instance_count=1
)
EndpointConfig.create(endpoint_config_name=name, production_variants=[variant])
endpoint = Endpoint.create(endpoint_name=name, endpoint_config_name=name)
endpoint.wait_for_status("InService", poll=1, timeout=600)
answered = endpoint.invoke(
    body=json.dumps({"value": 7}), content_type="application/json", accept="application/json"
)
body = json.loads(answered.body.read())
endpoint.refresh()
status = endpoint.endpoint_status
endpoint.delete()
endpoint.wait_for_delete(poll=1, timeout=60)
answer(answer=body["answer"], status=status, variant=answered.invoked_production_variant)
