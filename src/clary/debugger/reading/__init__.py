"""The process that reads what a training has saved, for the pages of Studio.

A user's job wrote these files, so they may be anything. The server parses none of them: it starts this
process (``python -m clary.debugger.reading``), which can write no file, has bounded memory and, where the
kernel allows it, no network. The server kills it when an answer takes too long.

    server ──{"Ask": "Series", "Request": ...}──> process
           <──{"List": ...}, {"Open": ...}──────          as often as it takes; the server checks each
           ──objects, file descriptors─────────>
           <──{"Answer": ...} and bytes─────────

The process names objects by their path below a *place*: of tensors, or of the profile. Where the
places are, and whether the caller may read an object, only the server knows.

channel   messages and file descriptors over a socket; both sides use it
door      asks the server for objects; ``tensor_files`` and ``profile_objects`` read through it
desk      answers one question after another, and keeps what it has read
"""
