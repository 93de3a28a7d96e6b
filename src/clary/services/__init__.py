"""One function per AWS operation, one file per resource.

An operation is ``name(ctx, request) -> document``. The request and the answer are plain dicts in the spelling
of the wire; the request has been validated against the model. Instants in them are epoch seconds (float).
"""
