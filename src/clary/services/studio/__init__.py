"""What pages of Studio read and AWS has no operation for: ``POST /studio/api/studio/<Operation>``.

A public function ``read_series`` answers the operation ReadSeries. Only a signed-in page can ask; no signed
request reaches them. No model validates a request: each function checks its members (``_request.py``), and
asks ``require`` for the AWS action that shows the same data. A name that begins with none of ``READS``
(``server/operation.py``) runs in one transaction.
"""
