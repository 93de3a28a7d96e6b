"""The contract of a backend as tests: an implementation is complete when these pass.

class TestProcessBackend(BackendContract):
    @pytest.fixture
    def backend(self, tmp_path): return ProcessBackend(root=tmp_path)

    def again(self, backend): return ProcessBackend(root=...)   # as after a restart
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from clary.compute.backend import LOST

if TYPE_CHECKING:
    from clary.compute.backend import Backend
    from clary.domain.hosts import HostSpec

PATIENCE_S = 30.0


class BackendContract:
    """A subclass defines the fixtures ``backend``, ``spec`` (a host that ends by itself) and ``endless`` (one
    that doesn't), and the methods below.
    """

    def again(self, backend: Backend) -> Backend:
        """Returns the same backend as another process would open it."""
        raise LookupError("a contract's user says how its backend is opened again")

    def kill(self, backend: Backend, handle: str) -> None:
        """Ends the agent as ``kill -9`` does."""
        raise LookupError("a contract's user says how its agent is killed")

    def test_a_host_that_ends_has_an_exit_code(self, backend: Backend, spec: HostSpec) -> None:
        async def scenario() -> int:
            return await until_over(backend, await backend.launch("job-0-algo-1", spec))

        assert asyncio.run(scenario()) == 0

    def test_a_running_host_has_none(self, backend: Backend, endless: HostSpec) -> None:
        async def scenario() -> int | None:
            handle = await backend.launch("job-0-algo-1", endless)
            seen = await backend.poll(handle)
            self.kill(backend, handle)
            return seen

        assert asyncio.run(scenario()) is None

    def test_launched_twice_it_runs_once(self, backend: Backend, endless: HostSpec) -> None:
        async def scenario() -> tuple[str, str, int]:
            first = await backend.launch("job-0-algo-1", endless)
            second = await self.again(backend).launch("job-0-algo-1", endless)
            self.kill(backend, first)
            return first, second, await until_over(backend, second)

        first, second, code = asyncio.run(scenario())
        assert (first, code) == (second, LOST)

    def test_a_killed_agent_is_lost(self, backend: Backend, endless: HostSpec) -> None:
        async def scenario() -> int:
            handle = await backend.launch("job-0-algo-1", endless)
            self.kill(backend, handle)
            return await until_over(backend, handle)

        assert asyncio.run(scenario()) == LOST

    def test_another_process_can_poll_and_stop(self, backend: Backend, endless: HostSpec) -> None:
        async def scenario() -> tuple[int | None, int]:
            handle = await backend.launch("job-0-algo-1", endless)
            other = self.again(backend)
            running = await other.poll(handle)
            await other.stop(handle)
            return running, await until_over(other, handle)

        running, code = asyncio.run(scenario())
        assert running is None
        assert code == 0

    def test_stop_after_the_end_does_nothing(self, backend: Backend, spec: HostSpec) -> None:
        async def scenario() -> int | None:
            handle = await backend.launch("job-0-algo-1", spec)
            await until_over(backend, handle)
            await backend.stop(handle)
            return await backend.poll(handle)

        assert asyncio.run(scenario()) == 0

    def test_forget_leaves_nothing_and_may_be_repeated(self, backend: Backend, spec: HostSpec) -> None:
        async def scenario() -> None:
            handle = await backend.launch("job-0-algo-1", spec)
            await until_over(backend, handle)
            await backend.forget(handle)
            await backend.forget(handle)

        asyncio.run(scenario())

    def test_another_process_finds_what_is_not_forgotten(self, backend: Backend, spec: HostSpec) -> None:
        async def scenario() -> tuple[list[str], list[str]]:
            handles = [await backend.launch(f"job-0-algo-{number}", spec) for number in (1, 2)]
            for handle in handles:
                await until_over(backend, handle)
            before = await self.again(backend).handles()
            await backend.forget(handles[0])
            return before, await self.again(backend).handles()

        before, after = asyncio.run(scenario())
        assert len(before) == 2
        assert after == before[1:]


async def until_over(backend: Backend, handle: str) -> int:
    """Polls until the host is over; fails after ``PATIENCE_S``."""
    async with asyncio.timeout(PATIENCE_S):
        while (code := await backend.poll(handle)) is None:
            await asyncio.sleep(0.01)
        return code
