"""Studio's side of the server: the page's files, sessions of browsers, and the stream of changes.

    GET  /studio/...                       the page's files
    POST /studio/api/login                 a one-time link, or a user's name and password
    POST /studio/api/session               who is signed in
    POST /studio/api/logout
    POST /studio/api/sessions              those of whoever asks, in all browsers
    POST /studio/api/password              another one for the user who asks
    POST /studio/api/end-other-sessions
    POST /studio/api/shape                 what an operation takes
    POST /studio/api/changes               a stream of what changes, while it is open
    POST /studio/api/<service>/<Operation> an operation of AWS, JSON both ways
    GET, PUT /studio/api/s3/<Bucket>/<Key> contents of objects, and links that save them: contents.py

There is no second API: an operation is validated, authorized and run as one that a client has signed. A
session stands in the place of the signature.
"""
