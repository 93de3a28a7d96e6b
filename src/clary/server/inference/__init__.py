"""Carries requests of callers to model servers and their answers back.

    RuntimeGateway ── operations ── Dispatcher ──┬─ RouteTable      where an endpoint's requests go
                                                 ├─ InFlight        how many are on their way
                                                 └─ ModelServers ── ModelConnection ── HTTP ──> a host

Everything runs on the event loop that answers requests: a request that waits for its model holds no thread.
"""
