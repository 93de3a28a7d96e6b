"""What the client scripts of the debugger share."""

from sagemaker.debugger import CollectionConfig, DebuggerHookConfig


def every_tensor(bucket, **parameters):
    """The configuration of the tensor tutorial: everything there is, at steps 1, 2 and 3."""
    return DebuggerHookConfig(
        s3_output_path=f"s3://{bucket}/tensors",
        collection_configs=[
            CollectionConfig("all_tensors", {"include_regex": ".*", "save_steps": "1,2,3", **parameters})
        ],
    )
