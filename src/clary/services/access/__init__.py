"""Who may do what: credentials, the policy language, what each operation needs, and the verdict.

credentials    finds the Caller of an access key and a session token
requirements   translates an operation and its parameters to (action, resource) pairs
policy         evaluates policies for an action and a resource
authorize      does all of this for one request, and raises Denied with the reason
"""
