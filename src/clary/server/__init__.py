"""The composition root: settings, the ASGI app, and the process that serves it."""
