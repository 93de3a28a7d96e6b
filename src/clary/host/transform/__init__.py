"""Batch transform: sends the records of stored objects to a server, and stores its answers.

    objects ──records──> batches ──sender──> the server(s)
                                      └─ answers, in order ──filters──> NAME.out ──> S3

records.py   an object as records, and records as batches
filters.py   what is sent of a record, and what is kept of it and its answer
sender.py    several requests at a time, answers in order
transform.py the whole: object after object
"""
