"""Signing in and out: what begins a session, what ends it, and what is not one."""

from __future__ import annotations

import threading
from urllib.parse import urlencode

import pytest
from tests.server.conftest import Served
from tests.server.studio.browser import PASSWORD, Browser, add_user, new_link

from clary.server.studio import sign_in
from clary.server.studio.sessions import SESSION, SESSION_S


def iam(served: Served, action: str, **params: str) -> None:
    status, answer = served.form(
        "iam", urlencode({"Action": action, "Version": "2010-05-08", **params}).encode()
    )
    assert status == 200, answer


def test_a_link_signs_in_once(served: Served) -> None:
    link = new_link(served)
    first, second = Browser(served), Browser(served)

    status, told = first.post("login", {"Link": link})
    again, refused = second.post("login", {"Link": link})

    assert (status, told["Principal"]["Kind"]) == (200, "root")
    assert (again, refused["__type"]) == (403, "InvalidLink")
    assert "used before" in refused["message"]
    assert "clary studio" in refused["message"]


@pytest.mark.parametrize(("age_s", "spoilt"), [(16 * 60.0, ""), (0.0, "A")])
def test_an_old_or_a_forged_link_does_not(served: Served, age_s: float, spoilt: str) -> None:
    link = spoilt + new_link(served, age_s)[len(spoilt) :]

    status, refused = Browser(served).post("login", {"Link": link if age_s else f"B{link[1:]}"})

    assert (status, refused["__type"]) == (403, "InvalidLink")


@pytest.mark.parametrize("link", ["", "!", "é", "A" * 3000])
def test_a_link_that_is_none_is_refused(served: Served, link: str) -> None:
    assert Browser(served).post("login", {"Link": link})[1]["__type"] == "InvalidLink"


def test_a_user_signs_in_with_a_password(served: Served) -> None:
    add_user(served, "Ada")
    browser = Browser(served)

    status, told = browser.sign_in(UserName="ada", Password=PASSWORD)

    assert (status, told["Principal"]["Kind"], told["Principal"]["Name"]) == (200, "user", "Ada")
    assert browser.post("session")[0] == 200


def test_a_wrong_password_and_a_wrong_name_are_answered_alike(served: Served) -> None:
    add_user(served, "ada")
    browser = Browser(served)

    wrong_password = browser.sign_in(UserName="ada", Password="Wrong-horse-1")
    wrong_name = browser.sign_in(UserName="bob", Password=PASSWORD)

    assert wrong_password == wrong_name
    assert wrong_password[0] == 401


def test_guessing_has_to_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WRONG_PASSWORDS", 2)
    add_user(served, "ada")
    browser = Browser(served)
    for _ in range(2):
        assert browser.sign_in(UserName="ada", Password="Wrong-horse-1")[0] == 401

    status, refused = browser.sign_in(UserName="ada", Password=PASSWORD)

    assert (status, refused["__type"]) == (429, "TooManyRequests")
    assert Browser(served).sign_in()[0] == 200, "others still sign in"


def test_a_crowd_of_guesses_is_refused_at_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no rights may not keep the processor busy."""
    busy, free = threading.Event(), threading.Event()

    def slow(*_: str) -> bool:
        busy.set()
        return not free.wait(90)

    monkeypatch.setattr(sign_in, "password_matches", slow)
    monkeypatch.setattr(sign_in, "MOST_WAITING", 1)
    first = threading.Thread(target=lambda: Browser(served).sign_in(UserName="a", Password=PASSWORD))
    first.start()
    try:
        assert busy.wait(90)

        assert Browser(served).sign_in(UserName="b", Password=PASSWORD)[0] == 429
        assert served.is_well()
    finally:
        free.set()
        first.join()


def test_both_secrets_are_needed(served: Served) -> None:
    """The cookie goes to every port of the host name, also to a job's; the page's key goes to none."""
    browser = Browser(served)
    browser.sign_in()
    other = Browser(served)
    other.sign_in()

    assert browser.post("session")[0] == 200
    assert Browser(served, cookie=browser.cookie).post("session")[0] == 401
    assert Browser(served, page_key=browser.page_key).post("session")[0] == 401
    assert Browser(served, cookie=browser.cookie, page_key=other.page_key).post("session")[0] == 401


def test_the_store_keeps_no_secret(served: Served) -> None:
    browser = Browser(served)
    browser.sign_in()

    kept = str(list(served.platform.records.each(SESSION))) + str(served.platform.records.names(SESSION))

    assert browser.cookie.partition("=")[2] not in kept
    assert browser.page_key not in kept


def test_no_script_and_no_other_site_gets_the_cookie(served: Served) -> None:
    with Browser(served)._sent("login", {"Link": new_link(served)}, {}) as answer:
        cookie = answer.headers["set-cookie"]

    assert {"HttpOnly", "SameSite=Strict", "Path=/studio/"} < set(cookie.split("; "))
    assert cookie.startswith(f"clary-studio-{served.port}=")


def test_signing_out_ends_the_session(served: Served) -> None:
    browser = Browser(served)
    browser.sign_in()
    cookie = browser.cookie

    browser.post("logout")

    assert Browser(served, cookie=cookie, page_key=browser.page_key).post("session")[0] == 401
    assert browser.cookie.endswith("=")


def test_a_session_ends_after_its_time(served: Served) -> None:
    browser = Browser(served)
    browser.sign_in()
    (session,) = served.platform.records.names(SESSION)
    served.platform.records.update(SESSION, session, {"ExpiresAt": served.platform.now() - 1})

    status, refused = browser.post("session")

    assert (status, refused["__type"]) == (401, "ExpiredTokenException")
    assert SESSION_S == 12 * 3600
    Browser(served).sign_in()
    assert session not in served.platform.records.names(SESSION), "the next sign-in sweeps it out"


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("UpdateLoginProfile", {"UserName": "ada", "Password": "Another-horse-2"}),
        ("DeleteLoginProfile", {"UserName": "ada"}),
    ],
)
def test_another_password_ends_the_sessions(served: Served, action: str, params: dict[str, str]) -> None:
    add_user(served, "ada")
    browser = Browser(served)
    browser.sign_in(UserName="ada", Password=PASSWORD)

    iam(served, action, **params)

    assert browser.post("session")[0] == 401


def test_a_user_of_the_same_name_inherits_no_session(served: Served) -> None:
    add_user(served, "ada")
    browser = Browser(served)
    browser.sign_in(UserName="ada", Password=PASSWORD)
    iam(served, "DeleteLoginProfile", UserName="ada")
    iam(served, "DeleteUser", UserName="ada")
    add_user(served, "ada")

    assert browser.post("session")[0] == 401


def test_a_password_that_was_given_has_to_be_replaced(served: Served) -> None:
    add_user(served, "ada")
    iam(served, "UpdateLoginProfile", UserName="ada", PasswordResetRequired="true")
    browser, new = Browser(served), "Another-horse-2"

    first = browser.sign_in(UserName="ada", Password=PASSWORD)
    same = browser.sign_in(UserName="ada", Password=PASSWORD, NewPassword=PASSWORD)
    weak = browser.sign_in(UserName="ada", Password=PASSWORD, NewPassword="weak")
    guessed = browser.sign_in(UserName="ada", Password="Wrong-horse-1", NewPassword=new)
    changed = browser.sign_in(UserName="ada", Password=PASSWORD, NewPassword=new)

    assert (first[0], first[1]["__type"]) == (401, "PasswordResetRequired")
    assert "PageKey" not in first[1]
    assert "the old one" in same[1]["message"]
    assert weak[1]["__type"] == "PasswordPolicyViolation"
    assert guessed[1]["__type"] == "IncorrectPassword"
    assert changed[0] == 200
    assert browser.post("session")[0] == 200
    assert Browser(served).sign_in(UserName="ada", Password=new)[0] == 200, "asked for once"
    assert Browser(served).sign_in(UserName="ada", Password=PASSWORD)[0] == 401


def test_a_password_that_may_stay_is_not_replaced_in_passing(served: Served) -> None:
    add_user(served, "ada")

    status, told = Browser(served).sign_in(UserName="ada", Password=PASSWORD, NewPassword="Another-horse-2")

    assert (status, "may stay" in told["message"]) == (400, True)


def test_one_sees_and_ends_ones_own_sessions(served: Served) -> None:
    add_user(served, "ada")
    add_user(served, "bob")
    first, second = Browser(served, headers={"User-Agent": "Lynx/2"}), Browser(served)
    bob = Browser(served)
    for browser, name in ((first, "ada"), (second, "ada"), (bob, "bob")):
        browser.sign_in(UserName=name, Password=PASSWORD)

    mine = first.post("sessions")[1]["Sessions"]
    ended = first.post("end-other-sessions")[1]

    assert [(each["IsThis"], each["Browser"]) for each in mine] == [(False, ""), (True, "Lynx/2")]
    assert ended == {"Ended": 1}
    assert second.post("session")[0] == 401
    assert [browser.post("session")[0] for browser in (first, bob)] == [200, 200]
    assert len(first.post("sessions")[1]["Sessions"]) == 1


def test_a_user_changes_the_password_and_stays(served: Served) -> None:
    own = {
        "Effect": "Allow",
        "Action": "iam:ChangePassword",
        "Resource": "arn:aws:iam::*:user/${aws:username}",
    }
    add_user(served, "ada", own)
    here, elsewhere, new = Browser(served), Browser(served), "Another-horse-2"
    for browser in (here, elsewhere):
        browser.sign_in(UserName="ada", Password=PASSWORD)

    wrong = here.post("password", {"OldPassword": "Wrong-horse-1", "NewPassword": new})
    weak = here.post("password", {"OldPassword": PASSWORD, "NewPassword": "weak"})
    changed = here.post("password", {"OldPassword": PASSWORD, "NewPassword": new})

    assert (wrong[0], wrong[1]["__type"]) == (403, "IncorrectPassword")
    assert weak[1]["__type"] == "PasswordPolicyViolation"
    assert changed[0] == 200
    assert [browser.post("session")[0] for browser in (here, elsewhere)] == [200, 401]
    assert Browser(served).sign_in(UserName="ada", Password=new)[0] == 200


def test_a_user_without_the_right_keeps_the_password(served: Served) -> None:
    add_user(served, "ada")
    browser = Browser(served)
    browser.sign_in(UserName="ada", Password=PASSWORD)

    status, refused = browser.post("password", {"OldPassword": PASSWORD, "NewPassword": "Another-horse-2"})

    assert (status, refused["__type"]) == (403, "AccessDenied")
    assert "iam:ChangePassword" in refused["message"]


def test_guesses_of_the_old_password_have_to_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "WRONG_PASSWORDS", 1)
    add_user(served, "ada", {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*"})
    browser = Browser(served)
    browser.sign_in(UserName="ada", Password=PASSWORD)
    guess = {"OldPassword": "Wrong-horse-1", "NewPassword": "Another-horse-2"}

    assert browser.post("password", guess)[0] == 403
    assert browser.post("password", guess)[0] == 429
