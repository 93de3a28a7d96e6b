"""An object with a script, opened in the browser of a signed-in user: it must not act as that user.

S3 and Studio share one origin. Each attack is tried in a real browser, in which Studio has stored its key.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from tests.server.conftest import Served, serving
from tests.server.studio.browser import new_link
from tests.studio.chromium import Chromium, Page

KEY = "clary-studio-page-key"
STEAL = f"""
  (async () => {{
    const found = {{}};
    try {{ found.key = localStorage.getItem({json.dumps(KEY)}); }} catch (error) {{ found.key = error.name; }}
    try {{ found.cookie = document.cookie; }} catch (error) {{ found.cookie = error.name; }}
    try {{
      const answer = await fetch("/studio/api/session", {{method: "POST", headers: {{"x-clary-page-key": found.key}}}});
      found.session = answer.status;
    }} catch (error) {{ found.session = error.name; }}
    try {{ await navigator.serviceWorker.register(location.href); found.worker = "registered"; }}
    catch (error) {{ found.worker = error.name; }}
    document.documentElement.setAttribute("data-found", JSON.stringify(found));
  }})();
"""  # noqa: E501
HTML = f"<!doctype html><script>{STEAL}</script>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[{STEAL}]]></script></svg>'
XML = f'<x><script xmlns="http://www.w3.org/1999/xhtml"><![CDATA[{STEAL}]]></script></x>'
CODE = "self.reached = true; self.onconnect = (event) => event.ports[0].postMessage(1); postMessage?.(1)"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Chromium) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("environments")) as served:
        yield served


@pytest.fixture(scope="module")
def s3(served: Served) -> Any:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=url_of(served),
        aws_access_key_id=served.keys.access_key,
        aws_secret_access_key=served.keys.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="studio")
    return client


@pytest.fixture
def page(chromium: Chromium, served: Served) -> Iterator[Page]:
    page = chromium.page()
    page.open(f"{url_of(served)}/studio/login#link={new_link(served)}")
    page.wait(f"localStorage.getItem({json.dumps(KEY)}) && document.querySelector('.side nav')")
    yield page
    page.close()


def url_of(served: Served) -> str:
    return f"http://{served.host}:{served.port}"


def presigned(s3: Any, key: str, content: str, kind: str, **params: str) -> str:
    s3.put_object(Bucket="studio", Key=key, Body=content.encode(), ContentType=kind)
    return str(s3.generate_presigned_url("get_object", {"Bucket": "studio", "Key": key, **params}))


@pytest.mark.parametrize(
    ("key", "content", "kind", "override"),
    [
        ("x.html", HTML, "text/html", {}),
        ("index.html", HTML, "application/octet-stream", {"ResponseContentType": "text/html"}),
        ("assets/x.svg", SVG, "image/svg+xml", {}),
        ("x.xml", XML, "application/xml", {}),
        ("x.xhtml", XML, "application/xhtml+xml", {}),
    ],
)
def test_a_page_of_an_object_reaches_nothing_of_studio(
    page: Page, s3: Any, key: str, content: str, kind: str, override: dict[str, str]
) -> None:
    page.open(presigned(s3, key, content, kind, **override))

    page.wait("document.documentElement.dataset?.found ?? document.querySelector('[data-found]')")
    found = json.loads(page.evaluate("document.querySelector('[data-found]').getAttribute('data-found')"))

    assert page.evaluate("self.origin") == "null"
    assert found["key"] == found["cookie"] == "SecurityError"
    assert found["session"] == "TypeError", "the request failed, or its answer may not be read"
    assert found["worker"] != "registered"


def test_in_a_frame_it_reaches_nothing_either(page: Page, served: Served, s3: Any) -> None:
    """Framed by a page of this very origin that has no policy of its own."""
    address = presigned(s3, "frame.html", HTML, "text/html")
    page.open(f"{url_of(served)}/_clary/health")

    for kind, name in (("iframe", "src"), ("object", "data"), ("embed", "src")):
        page.evaluate(
            f"""new Promise((resolve) => {{
              const frame = document.createElement({json.dumps(kind)});
              frame.addEventListener("load", resolve);
              frame[{json.dumps(name)}] = {json.dumps(address)};
              document.body.append(frame);
            }})"""
        )
    frames = page.evaluate(
        "[...document.querySelectorAll('iframe, object')].map((each) => each.contentDocument)"
    )

    assert page.evaluate("frames.length") == 3
    assert frames == [None, None]
    reached = """[0, 1, 2].filter((each) => {
      try { return frames[each].document !== undefined; } catch { return false; }
    })"""
    assert page.evaluate(reached) == []


def test_an_object_is_no_script_and_no_worker_of_studio(page: Page, served: Served, s3: Any) -> None:
    address = json.dumps(presigned(s3, "code.js", CODE, "text/javascript"))
    page.open(f"{url_of(served)}/_clary/health")

    script = page.evaluate(
        f"""new Promise((resolve) => {{
          const script = document.createElement("script");
          script.onload = () => resolve("loaded");
          script.onerror = () => resolve("refused");
          script.src = {address};
          document.body.append(script);
        }})"""
    )
    workers = [
        page.evaluate(
            f"""new Promise((resolve) => {{
              const worker = new {kind}({address});
              worker.onerror = () => resolve("refused");
              (worker.port ?? worker).onmessage = () => resolve("runs");
            }})"""
        )
        for kind in ("Worker", "SharedWorker")
    ]
    service = page.evaluate(
        f"navigator.serviceWorker.register({address}).then(() => 'registered', (error) => error.name)"
    )

    assert script == "refused"
    assert page.evaluate("typeof reached") == "undefined"
    assert workers == ["refused", "refused"]
    assert service in ("SecurityError", "TypeError")


def test_texts_of_an_address_do_not_run(page: Page, served: Served) -> None:
    attack = "%3Cscript xmlns='http://www.w3.org/1999/xhtml'%3Ereached=1%3C/script%3E"
    for path in (
        f"/{attack}/{attack}",
        f"/?{attack}",
        f"/b/k?X-Amz-Signature={attack}",
        f"/?Action={attack}",
    ):
        page.open(f"{url_of(served)}{path}")
        assert page.evaluate("typeof reached") == "undefined"
        assert page.evaluate("self.origin") == "null"


def test_a_form_that_uploads_answers_no_page_of_studio(page: Page, served: Served, s3: Any) -> None:
    form = s3.generate_presigned_post(
        "studio",
        "<script>${filename}",
        Fields={"success_action_status": "201"},
        Conditions=[{"success_action_status": "201"}],
    )
    page.open(f"{url_of(served)}/_clary/health")

    page.evaluate(
        f"""(() => {{
          const form = document.createElement("form");
          Object.assign(form, {{method: "post", enctype: "multipart/form-data", action: {json.dumps(form["url"])}}});
          for (const [name, value] of {json.dumps(list(form["fields"].items()))}) {{
            form.append(Object.assign(document.createElement("input"), {{name, value}}));
          }}
          form.append(Object.assign(document.createElement("input"), {{name: "file", type: "file"}}));
          document.body.append(form);
          setTimeout(() => form.submit());
        }})()"""  # noqa: E501
    )

    for _ in range(400):
        # While the page goes, what is asked of it fails.
        with contextlib.suppress(AssertionError):
            if page.evaluate("document.querySelector('PostResponse') !== null"):
                break
        time.sleep(0.05)
    assert page.evaluate("document.querySelector('PostResponse') !== null")
    assert page.evaluate("self.origin") == "null"


def test_a_presigned_address_is_read_by_scripts_as_before(page: Page, s3: Any) -> None:
    address = presigned(s3, "data.bin", "0123456789", "application/octet-stream")

    got = page.evaluate(f"fetch({json.dumps(address)}).then((answer) => answer.text())")

    assert got == "0123456789"
