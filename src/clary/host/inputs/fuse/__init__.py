"""A file system of the kernel's FUSE protocol, whose files are objects that are read as the user reads them.

    user's read ── kernel ── /dev/fuse ── session ──┬── there already ── segments
                                                    └── fetched ──────── fetcher ── S3

``protocol`` the messages · ``tree`` names and sizes · ``session`` answers the kernel · ``streams`` what is
read ahead · ``fetcher`` ranged reads · ``segments`` what was fetched · ``mounting`` mount and unmount.
"""
