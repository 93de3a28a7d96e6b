"""S3 in Studio: looking at what lies there, bringing things in and out, and what means harm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.journeys.server import Server
from tests.studio.chromium import Chromium, Page
from tests.studio.site.objects import MANY, fill
from tests.studio.site.site import AXE, Studio

BUCKET, KEEPS = "studio-objects", "studio-versions"
PASSWORD = "Correct-horse-1"
CODE = "document.querySelector('.code-view')?.shadowRoot?.textContent ?? ''"


@pytest.fixture(scope="module")
def s3(server: Server) -> Any:
    s3 = server.session(root=True)("s3")
    s3.create_bucket(Bucket=BUCKET)
    fill(s3, BUCKET)
    s3.create_bucket(Bucket=KEEPS)
    s3.put_bucket_versioning(Bucket=KEEPS, VersioningConfiguration={"Status": "Enabled"})
    for rate in ("first", "second"):
        s3.put_object(Bucket=KEEPS, Key="config.yaml", Body=f"rate: {rate}\n".encode())
    return s3


def address(key: str, **more: str) -> str:
    query = {"prefix": key[: key.rfind("/") + 1], "key": key, **more}
    return f"/s3/{BUCKET}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def choose(page: Page, files: dict[str, str]) -> None:
    """Chooses files to upload, by scripts of their contents."""
    parts = ",".join(f"new File([{content}], {json.dumps(name)})" for name, content in files.items())
    page.evaluate(
        f"""(() => {{
          const field = document.querySelector('[aria-label="Files to upload"]');
          const chosen = new DataTransfer();
          for (const file of [{parts}]) chosen.items.add(file);
          field.files = chosen.files;
          field.dispatchEvent(new Event('change', {{bubbles: true}}));
        }})()"""
    )


def abort(studio: Studio, key: str) -> None:
    studio.page.evaluate(f"document.querySelector('[aria-label=\"Abort the upload of {key}\"]').click()")
    studio.page.wait("document.querySelector('dialog')")
    studio.page.evaluate("document.querySelector('dialog .danger').click()")
    studio.page.wait("!document.querySelector('dialog')")


def until(condition: Callable[[], bool], timeout_s: float = 90.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "never"
        time.sleep(0.02)


def test_previews_of_each_kind(studio: Studio, s3: Any) -> None:
    """Each by its address alone. None of them runs anything, and the console stays silent."""
    for key, text in {
        "data/train.csv": "5,000 rows, 2 columns",
        "data/events.jsonl": "50 lines",
        "data/rows.parquet": "Rows 0 to 999 of 3,000 rows, 3 columns, 1 row group, snappy",
        "data/packed.parquet": "gzip",
        "data/polars.parquet": "person 1",
        "data/brotli.parquet": "Its rows are packed with brotli",
        "data/broken.parquet": "This content can't be shown",
        "data/broken.npy": "This is no numpy file",
        "data/array.npy": "3 \u00d7 4",
        "data/study.ipynb": "ZeroDivisionError: division by zero",
        "data/picture.png": "4 \u00d7 3 pixels",
        "data/picture.svg": "9 \u00d7 9 pixels",
        "data/packed.txt": "its content encoding is gzip",
        "data/weights.bin": "This is no text",
        "data/unknown": "This is no text",
        "data/empty": "This object is empty",
        "mnist-1/debug-output/events/0.txt": "The job mnist-1 has captured this",
    }.items():
        studio.open(address(key))
        studio.wait_for(text)

    studio.open(address("data/config.json"))
    studio.click("▸ model: {1}")
    studio.wait_for("layers:")
    for key, text in (("data/page.html", "<h1>text</h1>"), ("odd/a//..b é.txt", "odd")):
        studio.open(address(key))
        studio.page.wait(f"({CODE}).includes({json.dumps(text)})")
    assert studio.page.evaluate("window.reached") is None


def test_unfinished_uploads_are_listed_and_aborted(studio: Studio, s3: Any) -> None:
    for key in ("big/model.bin", "big/other.bin"):
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=bytes(2_000))

    studio.open(f"/s3/{BUCKET}")
    studio.click("Unfinished uploads")
    studio.wait_for("2 kB in 1 part")
    assert studio.complaints() == []
    abort(studio, "big/other.bin")
    studio.page.wait("document.querySelectorAll('.unfinished li').length === 1")

    assert "unfinished=true" in studio.address
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == ["big/model.bin"]
    abort(studio, "big/model.bin")
    studio.wait_for("An upload in parts that breaks off stays here")


def test_a_notebook_is_shown_without_what_it_would_do(studio: Studio, s3: Any) -> None:
    studio.open(address("data/study.ipynb"))
    studio.wait_for("harmless")

    harm = "script, style, [style], [onclick], [onerror], a[href^=javascript], iframe, form"
    assert studio.page.evaluate(f"document.querySelector('.notebook').querySelectorAll({harm!r}).length") == 0
    assert studio.page.evaluate("document.querySelectorAll('.notebook h1').length") == 1
    assert studio.page.evaluate("document.querySelectorAll('.notebook img').length") == 2
    assert studio.page.evaluate("window.reached") is None


def test_a_large_text_is_read_in_windows(studio: Studio, s3: Any) -> None:
    studio.open(address("data/big.log"))
    studio.page.wait(f"({CODE}).includes('line 000000')")
    studio.click("End")

    studio.page.wait(
        f"""(() => {{
          const root = document.querySelector('.code-view').shadowRoot;
          root.querySelector('.cm-scroller').scrollTop = 1e9;
          return ({CODE}).includes('line 059999');
        }})()"""
    )
    studio.wait_for("to 1.4 MB of 1.4 MB")


def test_a_file_inside_an_archive_is_opened_and_its_address_restores_it(studio: Studio, s3: Any) -> None:
    studio.open(address("data/model.tar.gz"))
    studio.wait_for("2 entries, 70 kB unpacked")
    studio.click("code/inference.py")
    studio.page.wait(f"({CODE}).includes('def predict()')")

    studio.page.open(studio.page.evaluate("location.href"))
    studio.page.wait(f"({CODE}).includes('def predict()')")

    studio.open(address("data/bundle.zip", entry="inner/table.csv"))
    studio.wait_for("1 rows, 2 columns")
    studio.wait_for("first")


def test_a_folder_of_many_is_jumped_through(studio: Studio, s3: Any) -> None:
    studio.open(f"/s3/{BUCKET}/many/")
    studio.wait_for("1,000+ entries")
    assert len(studio.rows()) < 80

    studio.page.evaluate("document.querySelector('.objects').scrollTop = 1e9")
    studio.wait_for(f"{MANY:,} entries")

    studio.type("Names that begin with", "file-0119")
    studio.wait_for("10 entries")
    assert "starts=file-0119" in studio.address
    assert [name.strip() for name in studio.rows()][:2] == ["Name\n↑", "file-01190"]


def test_files_are_uploaded_and_ask_before_they_overwrite(studio: Studio, s3: Any) -> None:
    studio.open(f"/s3/{BUCKET}?prefix=in/")
    studio.wait_for("Nothing lies here yet")
    large = "new Uint8Array(20 * 1048576).fill(7)"
    choose(studio.page, {"small.txt": "'hello'", "large.bin": large})
    studio.wait_for("2 of 2 files uploaded")
    studio.page.wait("[...document.querySelectorAll('.objects .name')].length === 3")

    head = s3.head_object(Bucket=BUCKET, Key="in/large.bin")
    assert (head["ContentLength"], head["ETag"][-3:]) == (20 << 20, '-3"')
    assert s3.get_object(Bucket=BUCKET, Key="in/small.txt")["Body"].read() == b"hello"

    choose(studio.page, {"small.txt": "'changed'"})
    studio.wait_for("small.txt exists already. Overwrite?")
    assert s3.get_object(Bucket=BUCKET, Key="in/small.txt")["Body"].read() == b"hello"
    studio.click("Overwrite")
    studio.wait_for("3 of 3 files uploaded")
    assert s3.get_object(Bucket=BUCKET, Key="in/small.txt")["Body"].read() == b"changed"


def test_an_upload_is_cancelled_and_leaves_nothing(studio: Studio, s3: Any) -> None:
    studio.open(f"/s3/{BUCKET}?prefix=stopped/")
    studio.wait_for("Nothing lies here yet")
    choose(studio.page, {"huge.bin": "new Uint8Array(200 * 1048576)"})
    studio.click("Cancel all")

    studio.wait_for("Cancelled")
    until(lambda: "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET))
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="stopped/")["KeyCount"] == 0


def test_an_object_is_downloaded_by_the_browser(
    studio: Studio, chromium: Chromium, s3: Any, tmp_path: Path
) -> None:
    chromium.ask("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    studio.open(address("data/page.html"))
    studio.click("Download")

    saved = tmp_path / "page.html"
    until(saved.exists)
    until(lambda: saved.read_bytes() == s3.get_object(Bucket=BUCKET, Key="data/page.html")["Body"].read())
    assert studio.address.startswith(f"/s3/{BUCKET}"), "the page is still there"


def test_a_deletion_says_what_goes_and_is_taken_back(studio: Studio, s3: Any) -> None:
    for key in ("logs/a", "logs/b"):
        s3.put_object(Bucket=KEEPS, Key=key, Body=bytes(500))
    studio.open(f"/s3/{KEEPS}")
    studio.wait_for("logs/")
    studio.page.evaluate("document.querySelector('[aria-label=\"Select logs/\"]').click()")
    studio.click("Delete")
    studio.page.wait("document.querySelector('dialog')?.innerText.includes('2 objects, 1 kB.')")
    studio.page.evaluate("[...document.querySelectorAll('dialog .danger')].at(-1).click()")

    studio.wait_for("2 objects deleted")
    assert s3.list_objects_v2(Bucket=KEEPS, Prefix="logs/")["KeyCount"] == 0
    studio.click("Undo")
    studio.wait_for("logs/")
    assert s3.list_objects_v2(Bucket=KEEPS, Prefix="logs/")["KeyCount"] == 2


def test_an_older_version_is_looked_at_and_made_the_latest(studio: Studio, s3: Any) -> None:
    studio.open(f"/s3/{KEEPS}?key=config.yaml&part=versions")
    studio.click("Make latest")
    studio.page.wait("document.querySelectorAll('.object-panel tbody tr').length === 3")
    assert s3.get_object(Bucket=KEEPS, Key="config.yaml")["Body"].read() == b"rate: first\n"

    studio.page.evaluate("document.querySelectorAll('.object-panel tbody th a')[1].click()")
    studio.page.wait(f"({CODE}).includes('second')")


def test_a_bucket_is_created_filled_with_a_folder_and_deleted(studio: Studio, s3: Any) -> None:
    studio.open("/s3")
    studio.click("Create bucket")
    studio.type("Name", "made-by-studio")
    studio.click("Create")
    studio.wait_for("Nothing lies here yet")
    studio.click("New folder")
    studio.type("Name", "results")
    studio.click("Create")
    studio.page.wait("document.querySelector('.crumbs h1')?.innerText === 'results'")
    assert s3.head_object(Bucket="made-by-studio", Key="results/")["ContentLength"] == 0

    s3.delete_object(Bucket="made-by-studio", Key="results/")
    studio.open("/s3")
    studio.wait_for("made-by-studio")
    studio.page.evaluate(
        "[...document.querySelectorAll('.buckets tr')]"
        ".find((each) => each.innerText.includes('made-by-studio')).querySelector('button').click()"
    )
    studio.click("Delete bucket")
    studio.page.wait("!document.querySelector('dialog')")
    assert "made-by-studio" not in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_a_pasted_address_of_s3_leads_there(studio: Studio, s3: Any) -> None:
    studio.open("/account")
    studio.page.wait("document.querySelector('.side nav')")
    studio.page.press("k", control=True)
    studio.page.wait("document.querySelector('.palette input')")
    place = f"s3://{BUCKET}/data/train.csv"
    studio.page.evaluate(
        f"""(() => {{
          const field = document.querySelector('.palette input');
          const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
          set.call(field, {json.dumps(place)});
          field.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    studio.page.wait(
        "document.querySelector('[cmdk-item][data-selected=true]')?.innerText.startsWith('s3://')"
    )
    studio.page.press("Enter")

    studio.wait_for("5,000 rows, 2 columns")


def test_a_user_may_look_and_is_told_what_is_missing(page: Page, server: Server, s3: Any) -> None:
    iam = server.session(root=True)("iam")
    iam.create_user(UserName="objects-reader")
    iam.create_login_profile(UserName="objects-reader", Password=PASSWORD)
    objects = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [objects]}
    iam.put_user_policy(UserName="objects-reader", PolicyName="read", PolicyDocument=json.dumps(document))
    studio = Studio(page, server.url)
    studio.open("/login")
    page.evaluate("localStorage.clear()")
    studio.open("/s3")
    page.wait("document.querySelector('input[name=password]')")
    page.evaluate(
        f"""(() => {{
          document.querySelector('input[name=name]').value = 'objects-reader';
          document.querySelector('input[name=password]').value = '{PASSWORD}';
          document.querySelector('form button').click();
        }})()"""
    )
    studio.wait_for("not authorized to perform: s3:ListAllMyBuckets")

    studio.open(address("data/array.npy"))
    studio.wait_for("3 \u00d7 4")
    choose(page, {"new.txt": "'x'"})
    studio.wait_for("not authorized to perform: s3:PutObject")
    page.evaluate("document.querySelector('[aria-label=\"Select array.npy\"]').click()")
    studio.click("Delete")
    page.evaluate("[...document.querySelectorAll('dialog .danger')].at(-1).disabled")
    page.wait("![...document.querySelectorAll('dialog .danger')].at(-1).disabled")
    page.evaluate("[...document.querySelectorAll('dialog .danger')].at(-1).click()")
    page.wait("document.querySelector('dialog').innerText.includes('s3:DeleteObject')")
    assert s3.head_object(Bucket=BUCKET, Key="data/array.npy")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed; `make studio` does it")
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_pages_of_s3_are_accessible(studio: Studio, s3: Any, width: int, dark: bool) -> None:
    studio.page.scheme(dark=dark)
    studio.page.resize(width, 900)
    pages = {
        "/s3": BUCKET,
        f"/s3/{BUCKET}?prefix=data/": "train.csv",
        address("data/train.csv"): "5,000 rows",
        address("data/page.html"): "Wrap lines",
        address("data/study.ipynb"): "harmless",
        address("data/config.json"): "model:",
        address("data/model.tar.gz"): "2 entries",
        address("data/train.csv", part="details"): "ETag",
        f"/s3/{KEEPS}?versions=true&key=config.yaml&part=versions": "latest",
    }
    for path, text in pages.items():
        studio.open(path)
        studio.wait_for(text)

        assert studio.complaints() == [], path
        assert not studio.page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
    studio.page.evaluate("document.querySelector('.objects .body input, .objects .chosen input').click()")
    studio.page.evaluate("[...document.querySelectorAll('.toolbar .danger')].at(-1).click()")
    studio.page.wait("document.querySelector('dialog')?.innerText.includes('object')")
    assert studio.complaints() == []
