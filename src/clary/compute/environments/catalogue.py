"""The catalogue of images: all families, and the recipe of a URI on this machine."""

from __future__ import annotations

import difflib
import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clary.domain.errors import BadRequest

from .family import BuildMethod, Family, Release, read_family
from .image_names import ImageName, Wanted, parse_image, parse_tag
from .recipe import InstallStep, Recipe
from .shim_files import shims_digest
from .supply import MachineSupply, environments_root
from .versions import matches, nearest_first, nearest_pythons

_OURS = Path(__file__).parent / "images"
_OUR_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class UnknownImage(BadRequest):
    """No family has this image; the message lists all families."""


class Supply(Protocol):
    """The Pythons and packages that are available on this machine."""

    def pythons(self) -> tuple[str, ...]:
        """Returns the minor versions (``3.11``) of this machine's interpreters."""

    def has(self, step: InstallStep, python: str) -> bool:
        """Returns whether this machine's indexes have the step's requirements for this Python."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All families of images by name. ``extra_dir``: the user's own, for messages."""

    by_name: dict[str, Family]
    supply: Supply
    extra_dir: Path | None = None

    @classmethod
    def load(cls, extra_dir: Path | None = None, *, supply: Supply | None = None) -> Catalogue:
        """Reads our own families and those in ``extra_dir/*.toml``, where a file of the same name replaces.

        Without ``supply`` the machine's own is used, which keeps answers in the environments root.
        Raises BadFamily for a file that cannot be understood.
        """
        families = dict(_own_families())
        if extra_dir is not None and extra_dir.is_dir():
            families |= {path.stem: _read_family(path) for path in sorted(extra_dir.glob("*.toml"))}
        return cls(families, supply or MachineSupply(environments_root()), extra_dir)

    def families(self) -> tuple[Family, ...]:
        return tuple(self.by_name[name] for name in sorted(self.by_name))

    def family(self, uri: str) -> Family:
        """Returns the family of an image URI or short name without any request. Raises as ``resolve``."""
        return self._look_up(uri)[1]

    def resolve(self, uri: str, *, gpu: bool) -> Recipe:
        """Returns what to build for an image URI or a short name (``pytorch``), with or without a GPU.

        The requested version, or the nearest available one, which ``note`` then says.
        Raises UnknownImage, and BadRequest for what is not an image URI.
        """
        image, family = self._look_up(uri)
        wanted = parse_tag(image.tag)
        if family.python_is_version:
            wanted = Wanted(wanted.version, wanted.processor, _minor(wanted.version) or wanted.python)
        on_gpu = gpu and wanted.processor != "cpu"
        release, python, method = self._choose(family, wanted, "gpu" if on_gpu else "cpu")
        shims = family.shims + method.shims
        return Recipe(
            family=family.name,
            version=python if family.python_is_version else release.version,
            python=python,
            steps=_steps(family, release, method),
            keep_out=family.keep_out,
            shims=shims,
            shims_digest=shims_digest(shims, family.algorithm),
            algorithm=family.algorithm,
            script_mode=family.script_mode,
            serving=family.serves,
            variables=dict(family.variables),
            note=_note(family, wanted, release, python, cpu_instead=wanted.processor == "gpu" and not gpu),
        )

    def _look_up(self, uri: str) -> tuple[ImageName, Family]:
        try:
            image = parse_image(uri)
        except ValueError as error:
            raise BadRequest(str(error)) from None
        return image, self._family(image)

    def _family(self, image: ImageName) -> Family:
        found = [family for family in self.families() if image.repository in family.repositories]
        found += [family for family in self.families() if image.repository in (family.short, family.name)]
        if found:
            return found[0]
        there_is = "; ".join(f"{', '.join(f.repositories)} (short: {f.short})" for f in self.families())
        where = f" More can be added as TOML files in {self.extra_dir}." if self.extra_dir else ""
        names = [name for family in self.families() for name in (family.short, *family.repositories)]
        near = difflib.get_close_matches(image.repository, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownImage(
            f"No image here is called '{image.repository}'.{hint} There are: {there_is}.{where}"
        )

    def _choose(self, family: Family, wanted: Wanted, processor: str) -> tuple[Release, str, BuildMethod]:
        releases = {release.version: release for release in family.releases}
        present = self.supply.pythons()
        # The version that was asked for, by whichever method; only then another one.
        asked = [version for version in releases if matches(wanted.version, version)]
        others = [version for version in releases if version not in asked]
        for versions, last_resort in ((asked, False), (asked, True), (others, False), (others, True)):
            methods = [
                w for w in family.methods if w.processor in ("", processor) and w.last_resort == last_resort
            ]
            for version in nearest_first(wanted.version, versions) if methods else ():
                release = releases[version]
                for python in nearest_pythons(
                    wanted.python or _OUR_PYTHON,
                    present,
                    oldest=release.oldest_python,
                    newest=release.newest_python,
                ):
                    for method in methods:
                        if not method.framework or self.supply.has(_framework(method, release), python):
                            return release, python, method
        raise UnknownImage(
            f"No version of {family.title} can be had here for Python {', '.join(present)}; the catalogue "
            f"has {', '.join(releases)}. Check that pip can download packages on this machine."
        )


def _framework(method: BuildMethod, release: Release) -> InstallStep:
    return InstallStep(tuple(text.format_map(release.fill) for text in method.framework), method.options)


def _steps(family: Family, release: Release, method: BuildMethod) -> tuple[InstallStep, ...]:
    framework = _framework(method, release)
    together = InstallStep(framework.requirements + family.packages + release.packages, method.options)
    unbound = tuple(text.format_map(release.fill) for text in method.unbound)
    steps = (together, InstallStep(unbound, ("--no-deps", *method.options)))
    return tuple(step for step in steps if step.requirements)


def _note(family: Family, wanted: Wanted, release: Release, python: str, *, cpu_instead: bool) -> str:
    python_differs = bool(wanted.python) and wanted.python != python
    said = []
    if family.python_is_version:
        if python_differs:
            said.append(f"Python {wanted.python} is not available here; running Python {python}")
    elif not matches(wanted.version, release.version):
        running = f"{release.version} with Python {python}" if python_differs else release.version
        said.append(f"{family.title} {wanted.version} is not available here; running {running}")
    elif python_differs:
        said.append(f"{family.title} {release.version} for Python {wanted.python} is not available here; ")
        said[-1] += f"running it with Python {python}"
    if cpu_instead:
        said.append("the image is for GPUs and this host has none; running its CPU build")
    return ". ".join(sentence[0].upper() + sentence[1:] if i else sentence for i, sentence in enumerate(said))


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2]) if "." in version else ""


@functools.cache
def _own_families() -> dict[str, Family]:
    """Those of this package. Every job that is created asks for them, and to read them takes 2 ms."""
    return {path.stem: read_family(path) for path in sorted(_OURS.glob("*.toml"))}


_read: dict[Path, tuple[tuple[int, int, int], Family]] = {}
"""Files of users that were read, each with what its status was then."""


def _read_family(path: Path) -> Family:
    """Reads a file of a user again only when it has changed, or was replaced."""
    status = path.stat()
    seen = (status.st_mtime_ns, status.st_size, status.st_ino)
    kept = _read.get(path)
    if kept is None or kept[0] != seen:
        kept = _read[path] = (seen, read_family(path))
    return kept[1]
