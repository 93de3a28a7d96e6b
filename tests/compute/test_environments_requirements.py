"""Which lines of a requirements.txt are accepted and which are refused."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from clary.compute.environments.project import project_line
from clary.compute.environments.requirements import BadRequirements, Requirements, read_requirements
from clary.compute.environments.source_copy import copy_source, digest_of

WHEEL = "a-1.0-py3-none-any.whl"


def write(path: Path, text: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source with packages, and a secret file outside of it."""
    code = tmp_path / "code"
    for name in (
        "libs/pkg/setup.py",
        f"wheels/{WHEEL}",
        "index/a/a-1.0-py3-none-any.whl",
        "b-1.0.tar.gz",
    ):
        write(code / name)
    write(tmp_path / "secret.txt", "password")
    write(tmp_path / "secret.whl", "password")
    (code / "link.txt").symlink_to(tmp_path / "secret.txt")
    (code / "out").symlink_to(tmp_path)
    (code / "inside.txt").symlink_to("real/requirements.txt")
    write(code / "real/requirements.txt", "tqdm\n")
    return code


def read(source: Path, text: str | bytes) -> Requirements:
    return read_requirements(write(source / "requirements.txt", text))


def spelled(found: Requirements) -> list[str]:
    return [line.spelled(lambda local: f"<{local}>") for line in found.lines]


def test_included_files_are_put_in_their_place(source: Path) -> None:
    write(source / "more/more.txt", "tqdm\n-c limits.txt\n")
    write(source / "more/limits.txt", "numpy<2\n")

    found = read(source, "# comment\npandas>=1 \\\n  ,<3  # why\n-r more/more.txt\n-rinside.txt\n")

    assert spelled(found) == ["pandas>=1 ,<3", "tqdm", "tqdm"]
    assert [line.text for line in found.constraints] == ["numpy<2"]
    assert not found.addresses
    assert found.locals == []


@pytest.mark.parametrize(
    ("line", "expected", "builds"),
    [
        ("./libs/pkg", "<libs/pkg>", True),
        ("-e ./libs/pkg", "<libs/pkg>", True),
        ("--editable=libs/pkg", "<libs/pkg>", True),
        ("-e .", "<.>", True),
        (".", "<.>", True),
        (".[dev, test]", "<.>[dev,test]", True),
        ("./libs/../libs/pkg/", "<libs/pkg>", True),
        ("b-1.0.tar.gz", "<b-1.0.tar.gz>", True),
        (f"./wheels/{WHEEL} ; python_version > '3'", f"<wheels/{WHEEL}> ; python_version > '3'", False),
        (f"wheels/{WHEEL};python_version>'3'", f"<wheels/{WHEEL}> ; python_version>'3'", False),
        (f"a[x] @ ./wheels/{WHEEL}", f"<wheels/{WHEEL}>[x]", False),
        (f"a @ file:./wheels/{WHEEL}", f"<wheels/{WHEEL}>", False),
        (f"a @ file:///opt/ml/code/wheels/{WHEEL}", f"<wheels/{WHEEL}>", False),
        (f"a @ file://localhost/opt/ml/code/wheels%2F{WHEEL}", f"<wheels/{WHEEL}>", False),
        ("/opt/ml/code/libs/pkg", "<libs/pkg>", True),
        ("-f wheels", "--find-links <wheels>", False),
        ("--find-links file:///opt/ml/code/wheels", "--find-links <wheels>", False),
        ("--extra-index-url file:///opt/ml/code/index", "--extra-index-url file://<index>", False),
        ("-i ./index", "--index-url file://<index>", False),
        (f"./wheels/{WHEEL} --hash=sha256:00ff", f"<wheels/{WHEEL}> --hash=sha256:00ff", False),
    ],
)  # fmt: skip
def test_paths_inside_the_source_are_found(source: Path, line: str, expected: str, builds: bool) -> None:
    found = read(source, line)

    assert spelled(found) == [expected]
    assert found.lines[0].builds is builds
    assert not found.addresses


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        ("numpy", False),
        ("scikit-learn[alldeps]>=1.2,!=1.3.*  ; sys_platform == 'linux' and python_version >= '3.8'", False),
        ("a==1.0 --hash=sha256:aa --hash=sha256:bb", False),
        ("a (>=1.0)", False),
        ("--no-binary :all:", False),
        ("--pre", False),
        ("--trusted-host example.com:80", False),
        ("--index-url https://example.com/simple", True),
        ("-f https://example.com/wheels.html", True),
        ("a @ https://example.com/a-1.0.tar.gz#sha256=00", True),
        ("https://user:own@example.com/a-1.0-py3-none-any.whl", True),
        ("git+https://example.com/a.git@main#egg=a", True),
        ("a @ git+ssh://git@example.com/a.git", True),
    ],
)
def test_names_and_places_of_the_network_go_on(source: Path, line: str, addresses: bool) -> None:
    found = read(source, line)

    assert len(found.lines) == 1
    assert found.locals == []
    assert found.addresses is addresses


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dataclasses==0.8;python_version<'3.7'", "dataclasses==0.8 ; python_version<'3.7'"),
        ("a[x]>=1 ;extra=='y' --hash=sha256:aa", "a[x]>=1 ; extra=='y' --hash=sha256:aa"),
        ("a; python_version > '3'", "a ; python_version > '3'"),
        ("a @ https://example.com/a;v=1.whl", "a @ https://example.com/a;v=1.whl"),
        ("https://example.com/a.whl ;extra=='y'", "https://example.com/a.whl ; extra=='y'"),
    ],
)
def test_a_marker_needs_blanks_behind_addresses_only(source: Path, line: str, expected: str) -> None:
    assert spelled(read(source, line)) == [expected]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-r ../secret.txt", "outside"),
        ("-r out/secret.txt", "outside"),
        ("-r link.txt", "outside"),
        ("-r missing.txt", r"missing\.txt' names a path that is not in the source"),
        ("-r requirements.txt", "includes itself"),
        ("-r https://example.com/r.txt", "put it into the source"),
        ("-c /etc/passwd", "a file of this machine"),
        ("-c file:///etc/passwd", "a file of this machine"),
        ("--requirement binary.txt", "NUL"),
        ("../secret.whl", "outside"),
        ("out/secret.whl", "outside"),
        ("a @ ../secret.whl", "outside"),
        ("a @ /etc/secret.whl", "a file of this machine"),
        ("a @ file:///etc/passwd", "a file of this machine"),
        ("a @ FILE:///etc/passwd", "a file of this machine"),
        ("a @ file:../../secret.whl", "outside"),
        ("a @ file:%2e%2e/secret.whl", "outside"),
        ("a @ file:///opt/ml/code/../../../etc/passwd", "a file of this machine"),
        ("a @ file://example.com/share/a.whl", "a file of this machine"),
        ("/opt/ml/codes/x", "a file of this machine"),
        ("-e /srv/pkg", "a file of this machine"),
        ("-e ../pkg", "outside"),
        ("-f /srv/wheels", "a file of this machine"),
        ("-f ..", "outside"),
        ("--index-url=file:///srv/simple", "a file of this machine"),
        ("--extra-index-url ftp://example.com/simple", "neither http"),
        ("--extra-index-url git+https://example.com/x", "neither http"),
        ("git+file:///srv/repository.git", "neither http"),
        ("a @ git+file:///srv/repository.git", "neither http"),
        ("git+ext::sh%20-c%20id", "not a requirement|not in the source"),
        ("hg+https://example.com/x", "neither http"),
        ("numpy --find-links /srv", "has blanks"),
        ("numpy ; python_version > '3' --find-links /srv", "has blanks"),
        ("--config-settings x", "can't be used here"),
        ("--build-constraint /etc/passwd", "can't be used here"),
        ("--no-binary /etc/passwd", "can't be used here"),
        ("-x", "can't be used here"),
        ("-r", "can't be used here"),
        ("--pre /etc/passwd", "can't be used here"),
        ("a @ https://example.com/${TOKEN}/a.whl", "has a variable"),
        ("--index-url https://${USER}:${TOKEN}@example.com", "has a variable"),
        ("${HOME}/a.whl", "has a variable"),
        ("-c limits.txt", "a constraint can't do"),
        ("wheels/a b.whl", "has blanks"),
        ("x" * 70_000, "more than 65536 characters"),
        ("x" * (2 << 20), "larger than"),
    ],
)
def test_everything_else_is_refused_with_its_line(source: Path, text: str, problem: str) -> None:
    write(source / "binary.txt", b"a\0b")
    write(source / "limits.txt", "./libs/pkg")

    with pytest.raises(BadRequirements, match=problem):
        read(source, text)


def test_files_that_include_each_other_many_times_are_refused_soon(source: Path) -> None:
    """A hundred lines that include a file of a hundred such lines, and so on: 100 to the power of 19."""
    for number in range(19):
        write(source / f"{number}.txt", f"-r {number + 1}.txt\n" * 100)
    write(source / "19.txt")

    with pytest.raises(BadRequirements, match="with what it includes, is larger than"):
        read(source, "-r 0.txt")


def test_a_link_out_in_the_place_of_the_file_itself_is_not_read(source: Path) -> None:
    (source / "requirements.txt").symlink_to(source.parent / "secret.txt")

    with pytest.raises(BadRequirements, match="outside"):
        read_requirements(source / "requirements.txt")


def test_no_file_asks_for_nothing(source: Path) -> None:
    assert read_requirements(source / "requirements.txt") == Requirements()


@pytest.mark.parametrize(
    "content",
    [
        "./café".encode("utf-16"),
        codecs.BOM_UTF16_BE + "./café".encode("utf-16-be"),
        "./café".encode("utf-32"),
        codecs.BOM_UTF8 + "./café".encode(),
        "./café".encode(),
        b"# -*- coding: latin-1 -*-\n" + "./café".encode("latin-1"),
    ],
    ids=["utf-16", "utf-16-be", "utf-32", "utf-8 with a mark", "utf-8", "coding"],
)
def test_text_is_read_in_the_encoding_that_it_names(source: Path, content: bytes) -> None:
    (source / "café").mkdir()

    found = read(source, content)

    assert spelled(found) == ["<café>"]


def test_text_in_no_encoding_is_refused(source: Path) -> None:
    with pytest.raises(BadRequirements, match="not text in UTF-8"):
        read(source, b"caf\xe9")


# The copy that packages are built from


def test_a_copy_has_the_files_of_the_source_and_nothing_else(source: Path, tmp_path: Path) -> None:
    write(source / "run.sh").chmod(0o4777)
    (source / "libs/same.py").symlink_to("pkg/setup.py")
    (source / "libs/folder").symlink_to("pkg")
    (source / "libs/absolute").symlink_to("/etc")

    copy_source(source, tmp_path / "copy")

    copy = tmp_path / "copy"
    assert (copy / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (copy / "libs/same.py").is_file()
    assert not (copy / "libs/same.py").is_symlink()
    assert (copy / "libs/folder").readlink() == Path("pkg")
    assert not any((copy / name).is_symlink() for name in ("link.txt", "out", "libs/absolute"))


def test_a_digest_follows_what_is_named_and_nothing_else(source: Path, tmp_path: Path) -> None:
    def digest(number: int) -> str:
        copy_source(source, tmp_path / f"copy{number}")
        return digest_of(tmp_path / f"copy{number}", ["libs/pkg", f"wheels/{WHEEL}"])

    first = digest(1)
    write(source / "train.py", "x = 1")
    write(source / "libs/pkg/__pycache__/x.pyc", "x")
    assert digest(2) == first

    write(source / "libs/pkg/setup.py", "changed")
    second = digest(3)
    write(source / f"wheels/{WHEEL}", "changed")

    assert len({first, second, digest(4)}) == 3


@pytest.mark.parametrize(
    ("files", "installed", "optional"),
    [
        ({"train.py": ""}, False, False),
        ({"setup.py": ""}, True, False),
        ({"pyproject.toml": "[build-system]\nrequires = []\n"}, True, False),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, True, True),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 80\n"}, False, False),
        ({"pyproject.toml": "not toml"}, False, False),
    ],
)
def test_a_source_is_installed_when_it_says_that_it_is_a_project(
    tmp_path: Path, files: dict[str, str], installed: bool, optional: bool
) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)

    line = project_line(tmp_path)

    assert (line is not None) is installed
    assert line is None or line.optional is optional
