"""The AWS protocols as pure functions: bytes to dict and back, driven by botocore's models.

    route(signing name, request)      which operation a request is for
    codec.parse / respond             its parameters; its response
    validate                          the model's constraints, in AWS's wording
    sigv4, chunked                    who signed, and what was streamed

Nothing here knows a resource, a store or a socket.
"""
