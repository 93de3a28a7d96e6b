"""Answers the kernel's requests for one mounted tree.

One thread reads requests. It answers at once what needs no network; a read that does is answered by the
thread that fetches its last segment. So no request waits behind another one, and nothing a job asks for
makes more threads. Requests to interrupt a read are ignored: programs do not expect that from a file.
"""

from __future__ import annotations

import errno
import os
import select
import threading
from typing import TYPE_CHECKING

from ...notes import note_exception
from . import protocol
from .protocol import Operation, Request
from .segments import SEGMENT_BYTES
from .streams import MOST_AHEAD, Streams
from .tree import File, Folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from .fetcher import Fetcher
    from .segments import Segment, Segments
    from .tree import Tree


class FuseRefusal(Exception):
    """An answer that is an errno."""

    def __init__(self, number: int) -> None:
        super().__init__(os.strerror(number))
        self.number = number


class FuseSession:
    def __init__(self, device: int, tree: Tree, segments: Segments, fetcher: Fetcher) -> None:
        """device: /dev/fuse, opened and mounted. It is closed with the session."""
        self._device = device
        self._tree = tree
        self._segments = segments
        self._fetcher = fetcher
        self._streams: dict[int, tuple[File, Streams]] = {}
        self._opens: dict[File, int] = {}
        self._last_handle = 0
        self._closed = False
        self._answering = threading.Lock()
        self._waking, self._woken = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(device, False)
        self._operations: dict[int, Callable[[Request], bytes | None]] = {
            Operation.INIT: self._init,
            Operation.LOOKUP: self._lookup,
            Operation.GETATTR: self._attributes,
            Operation.OPEN: self._open,
            Operation.READ: self._read,
            Operation.RELEASE: self._release,
            Operation.OPENDIR: self._open_folder,
            Operation.READDIR: self._list,
            Operation.READDIRPLUS: self._list,
            Operation.RELEASEDIR: lambda _request: b"",
            Operation.STATFS: lambda _request: protocol.statfs(tree.size_bytes, len(tree)),
            Operation.DESTROY: lambda _request: b"",
        }
        self._thread = threading.Thread(target=self._run, name="fuse", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the file system. Whoever still reads it gets an error. May be called again."""
        with self._answering:
            if self._closed:
                return
            self._closed = True
        os.write(self._woken, b"x")
        self._fetcher.close()
        self._thread.join()
        # The kernel ends all requests when the device is closed.
        for descriptor in (self._device, self._waking, self._woken):
            os.close(descriptor)

    def send(self, *parts: bytes | memoryview) -> None:
        """Sends one answer. Called in any thread."""
        with self._answering:
            if not self._closed:
                try:
                    os.writev(self._device, parts)
                except OSError as error:
                    # Whoever asked has been killed, or the file system is unmounted.
                    if error.errno not in (errno.ENOENT, errno.ENODEV):
                        raise

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._device, select.POLLIN)
        poll.register(self._waking, select.POLLIN)
        buffer = memoryview(bytearray(protocol.LONGEST_REQUEST))
        while not self._closed:
            try:
                size = os.readv(self._device, [buffer])
            except BlockingIOError:
                poll.poll()
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno == errno.ENOENT:
                    continue  # a request that was given up
                return  # ENODEV: unmounted
            else:
                self._serve(Request.parse(buffer[:size]))

    def _serve(self, request: Request) -> None:
        if request.operation in protocol.WITHOUT_ANSWER:
            return
        try:
            operation = self._operations.get(request.operation)
            if operation is None:
                raise FuseRefusal(errno.ENOSYS)
            body = operation(request)
        except FuseRefusal as refused:
            self.send(protocol.refusal(request.unique, refused.number))
        except Exception as error:
            note_exception(error)
            self.send(protocol.refusal(request.unique, errno.EIO))
        else:
            if body is not None:
                self.send(protocol.answer(request.unique, body))

    def _init(self, request: Request) -> bytes:
        body = protocol.init(request.body)
        if body is None:
            raise FuseRefusal(errno.EPROTO)
        return body

    def _lookup(self, request: Request) -> bytes:
        found = self._folder(request).names.get(protocol.name_of(request.body))
        return protocol.no_entry() if found is None else protocol.entry(self._tree.attributes(found))

    def _attributes(self, request: Request) -> bytes:
        return protocol.attributes_answer(self._tree.attributes(self._node(request)))

    def _open(self, request: Request) -> bytes:
        file = self._file(request)
        self._last_handle += 1
        self._streams[self._last_handle] = file, Streams()
        self._opens[file] = self._opens.get(file, 0) + 1
        return protocol.opened(self._last_handle, protocol.OpenFlag.KEEP_CACHE)

    def _release(self, request: Request) -> bytes:
        file, _ = self._streams.pop(protocol.handle_of(request.body))
        self._opens[file] -= 1
        if not self._opens[file]:
            del self._opens[file]
            self._fetcher.forget(file)
        return b""

    def _open_folder(self, request: Request) -> bytes:
        self._folder(request)
        return protocol.opened(0, protocol.OpenFlag.KEEP_CACHE | protocol.OpenFlag.CACHE_DIR)

    def _list(self, request: Request) -> bytes:
        _, first, most_bytes = protocol.read_of(request.body)
        children = self._tree.children(self._folder(request), first)
        plus = request.operation == Operation.READDIRPLUS
        return protocol.folder_page(children, first, most_bytes, plus=plus)

    def _read(self, request: Request) -> bytes | None:
        handle, first, size = protocol.read_of(request.body)
        file, streams = self._streams[handle]
        stop = min(first + size, file.size_bytes)
        if first >= stop:
            return b""
        indexes = range(first // SEGMENT_BYTES, (stop - 1) // SEGMENT_BYTES + 1)
        reading = _PendingRead(self, request.unique, first, stop, len(indexes))
        lacking = []
        for index in indexes:
            segment = self._segments.find(file, index)
            if segment is None:
                lacking.append(index)
            else:
                reading.arrived(index, segment)
        if lacking:
            self._fetcher.fetch(file, lacking, reading)
        readers = sum(each.is_sequential for _, each in self._streams.values()) or 1
        count = -(-file.size_bytes // SEGMENT_BYTES)
        ahead = streams.ahead(indexes[0], indexes[-1], count, MOST_AHEAD // readers)
        if ahead:
            self._fetcher.fetch_ahead(file, ahead)
        return None

    def _node(self, request: Request) -> File | Folder:
        node = self._tree.node(request.node)
        if node is None:
            raise FuseRefusal(errno.ENOENT)
        return node

    def _file(self, request: Request) -> File:
        node = self._node(request)
        if isinstance(node, Folder):
            raise FuseRefusal(errno.EISDIR)
        return node

    def _folder(self, request: Request) -> Folder:
        node = self._node(request)
        if isinstance(node, File):
            raise FuseRefusal(errno.ENOTDIR)
        return node


class _PendingRead:
    """A read that waits for its segments."""

    def __init__(self, session: FuseSession, unique: int, first: int, stop: int, count: int) -> None:
        self._session = session
        self._unique = unique
        self._range = first, stop
        self._left = count
        self._parts: dict[int, Segment] = {}
        self._lock = threading.Lock()

    def arrived(self, index: int, segment: Segment) -> None:
        with self._lock:
            self._parts[index] = segment
            self._left -= 1
            is_last = self._left == 0
        if not is_last:
            return
        first, stop = self._range
        body = _buffer()[: stop - first]
        try:
            for number, part in self._parts.items():
                begin = max(first, number * SEGMENT_BYTES)
                end = min(stop, (number + 1) * SEGMENT_BYTES)
                part.read(begin, body[begin - first : end - first])
        except OSError as error:
            note_exception(error)
            self._session.send(protocol.refusal(self._unique, errno.EIO))
            return
        self._session.send(protocol.answer_header(self._unique, stop - first), body)

    def failed(self) -> None:
        with self._lock:
            was_told, self._left = self._left < 0, -1
        if not was_told:
            self._session.send(protocol.refusal(self._unique, errno.EIO))


_of_thread = threading.local()


def _buffer() -> memoryview:
    """Returns the buffer of this thread: new memory for each answer costs more than the copy into it."""
    found: memoryview | None = getattr(_of_thread, "buffer", None)
    if found is None:
        found = _of_thread.buffer = memoryview(bytearray(protocol.MOST_READ_BYTES))
    return found
