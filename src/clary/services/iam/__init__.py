"""IAM: users, access keys, roles, policies. ``access.directory`` says what their records hold."""
