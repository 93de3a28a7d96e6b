"""Domains and user profiles: Studio for several people, each acting in an execution role.

    create-domain ──► create-user-profile ──► create-presigned-domain-url ──► a browser as the profile

A domain and its profiles are in service as soon as they are created: nothing is started for them, and they
have no file system of their own.
"""
