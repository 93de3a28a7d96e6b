"""IAM: users, access keys, roles, policies. ``access.directory`` describes their records."""
