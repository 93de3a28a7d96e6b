from __future__ import annotations

from clary.host.profile.minutes import Minutes, News

AT_S = 1_600_000_020.0  # the beginning of a minute
HOUR = "system/incremental/2020091312"


def test_lines_of_a_minute_go_into_one_file_named_by_its_beginning() -> None:
    minutes = Minutes("algo-1")
    minutes.add(AT_S, b"a\n")
    minutes.add(AT_S + 59.9, b"b\n")
    minutes.add(AT_S + 60, b"c\n")

    assert minutes.news() == [
        News(f"{HOUR}/1600000020.algo-1.json", b"a\nb\n", True),
        News(f"{HOUR}/1600000080.algo-1.json", b"c\n", False),
    ]


def test_what_was_sent_is_news_again_when_it_has_grown() -> None:
    minutes = Minutes("algo-1")
    minutes.add(AT_S, b"a\n")
    (first,) = minutes.news()
    minutes.sent(first)
    assert minutes.news() == []

    minutes.add(AT_S + 1, b"b\n")

    assert [news.content for news in minutes.news()] == [b"a\nb\n"]


def test_what_came_while_it_was_sent_is_not_lost() -> None:
    minutes = Minutes("algo-1")
    minutes.add(AT_S, b"a\n")
    (first,) = minutes.news()
    minutes.add(AT_S + 1, b"b\n")
    minutes.add(AT_S + 60, b"c\n")
    minutes.sent(first)

    assert [(news.content, news.whole) for news in minutes.news()] == [(b"a\nb\n", True), (b"c\n", False)]


def test_a_clock_set_back_a_little_goes_on_in_its_minute() -> None:
    minutes = Minutes("algo-1")
    minutes.add(AT_S + 60, b"a\n")
    minutes.add(AT_S + 59, b"b\n")

    assert [news.content for news in minutes.news()] == [b"a\nb\n"]


def test_a_clock_set_back_far_never_writes_over_a_file_that_is_complete() -> None:
    minutes = Minutes("algo-1")
    minutes.add(AT_S, b"a\n")
    minutes.add(AT_S + 7200, b"b\n")
    minutes.add(AT_S + 1, b"c\n")

    assert [(news.path.rpartition("/")[2], news.content) for news in minutes.news()] == [
        ("1600000020.algo-1.json", b"a\n"),
        ("1600007220.algo-1.json", b"b\n"),
        ("1600000021.algo-1.json", b"c\n"),
    ]


def test_what_can_not_be_sent_is_given_up_oldest_first() -> None:
    minutes = Minutes("algo-1", most_bytes=10)
    for number in range(4):
        minutes.add(AT_S + 60 * number, b"1234\n")

    assert [news.path[-25:-12] for news in minutes.news()] == ["12/1600000140", "12/1600000200"]
    assert minutes.lost == 2
