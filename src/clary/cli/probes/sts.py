"""Asks STS who we are, the way the SageMaker SDK does: with AWS's own address spelled out.

Run by the client's own Python, with the region and Clary's address as arguments; prints one JSON object.
A request that would leave for another address is stopped before it is sent.
"""

import json
import sys


def main(region, expected):
    try:
        import botocore
        import botocore.config
        import botocore.session
    except ImportError:
        return {"error": "it has no botocore; install boto3 there"}
    client = botocore.session.get_session().create_client(
        "sts",
        region_name=region,
        endpoint_url="https://sts.%s.amazonaws.com" % region,
        config=botocore.config.Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 0}),
    )

    def keep_home(request, **_):
        if not request.url.startswith(expected):
            raise RuntimeError("STS would have gone to " + request.url)

    client.meta.events.register_last("before-send.sts", keep_home)
    try:
        return {"arn": client.get_caller_identity()["Arn"], "botocore": botocore.__version__}
    except Exception as error:
        return {"error": "%s: %s" % (type(error).__name__, error), "botocore": botocore.__version__}


print(json.dumps(main(sys.argv[1], sys.argv[2])))
