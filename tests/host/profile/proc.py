"""A /proc that a test writes."""

from __future__ import annotations

from pathlib import Path


class Proc:
    """Numbers are the kernel's: ticks of 10 ms, pages, KiB of memory, bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "net").mkdir(parents=True)
        self.stat()
        self.memory(total=1000, available=400)
        self.network()

    def __str__(self) -> str:
        return str(self.folder)

    def stat(self, **cores: tuple[int, int, int]) -> None:
        """Core to ticks (busy, idle, waiting)."""
        lines = ["cpu  1 2 3 4 5 6 7 0 0 0"]
        lines += [
            f"{name} {busy} 0 0 {idle} {waiting} 0 0 0 0 0" for name, (busy, idle, waiting) in cores.items()
        ]
        self._write("stat", "\n".join([*lines, "intr 12345 0 0", "ctxt 5"]))

    def memory(self, *, total: int, available: int) -> None:
        self._write(
            "meminfo", f"MemTotal: {total} kB\nMemFree: 1 kB\nMemAvailable: {available} kB\nBuffers: 0 kB"
        )

    def network(self, **links: tuple[int, int]) -> None:
        head = "Inter-|   Receive    |  Transmit\n face |bytes    packets |bytes"
        lines = [
            f"{name:>6}: {got} 1 0 0 0 0 0 0 {gave} 1 0 0 0 0 0 0" for name, (got, gave) in links.items()
        ]
        self._write("net/dev", "\n".join([head, *lines]))

    def process(
        self,
        pid: int,
        parent: int,
        *,
        ticks: tuple[int, int, int, int] = (0, 0, 0, 0),
        pages: tuple[int, int] = (0, 0),
        disk: tuple[int, int] = (0, 0),
        name: str = "python",
    ) -> None:
        """ticks: user, system, and those of ended children. pages: resident, and shared of them."""
        (self.folder / str(pid)).mkdir(exist_ok=True)
        numbers = " ".join(["0"] * 9 + [str(tick) for tick in ticks] + ["0"] * 10)
        self._write(f"{pid}/stat", f"{pid} ({name}) S {parent} {numbers}")
        self._write(f"{pid}/statm", f"9999 {pages[0]} {pages[1]} 1 0 1 0")
        self._write(f"{pid}/io", f"rchar: 7\nwchar: 7\nread_bytes: {disk[0]}\nwrite_bytes: {disk[1]}\n")

    def ends(self, pid: int) -> None:
        for file in (self.folder / str(pid)).iterdir():
            file.unlink()
        (self.folder / str(pid)).rmdir()

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text.rstrip() + "\n")
