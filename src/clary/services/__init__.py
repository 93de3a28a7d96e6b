"""One function per AWS operation, one file per resource.

An operation is ``name(ctx, request) -> document``: the request and the answer are plain dicts in the
wire's own spelling, already validated against the model. Instants in them are epoch seconds (float).
"""
