"""Carries requests of callers to model servers and their answers back.

    RuntimeGateway ── operations ──┬───────────── Dispatcher ──┬─ RouteTable      where requests go
                                   └─ AsyncQueue ─────┘        ├─ InFlight        how many are on their way
                                      answers go to S3         └─ ModelServers ── HTTP ──> hosts

Everything runs on the event loop that answers requests: a request that waits for its model holds no thread.
"""
