"""Who may do what: credentials, the policy language, what each operation needs, and the verdict.

credentials    an access key and a token become a Caller
requirements   an operation and its parameters become (action, resource) pairs
policy         policies, an action and a resource become a decision
authorize      all of it, for one request: nothing, or an AccessDenied that says why
"""
