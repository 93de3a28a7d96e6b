from __future__ import annotations

import numpy as np
import pytest

from clary.debugger.plot.tiles import MAX_UNITS, MAX_VALUES, Tiles, is_image, tiles_of, write_tiles


def drawn(sample: np.ndarray, tiles: Tiles, *, channels_last: bool = False) -> np.ndarray:
    into = np.full((tiles.count, tiles.height, tiles.width), np.nan, np.float32)
    write_tiles(sample, tiles, into, channels_last=channels_last)
    return into


@pytest.mark.parametrize(
    ("shape", "kind", "count", "height", "width"),
    [
        ((), "units", 1, 1, 1),
        ((10,), "units", 10, 1, 1),
        ((1, 24), "units", 24, 1, 1),
        ((512, 1, 1), "units", 512, 1, 1),
        ((12, 32), "sequence", 1, 12, 32),
        ((20, 24, 22), "maps", 20, 24, 22),
        ((2, 3, 4, 5), "maps", 6, 4, 5),
    ],
)
def test_a_sample_is_drawn_by_its_axes(
    shape: tuple[int, ...], kind: str, count: int, height: int, width: int
) -> None:
    tiles = tiles_of(shape, channels_last=False)

    assert (tiles.kind, tiles.count, tiles.height, tiles.width) == (kind, count, height, width)
    assert tiles.shape == shape


@pytest.mark.parametrize(
    ("shape", "count", "height", "width"),
    [((1, 28, 28), 1, 28, 28), ((3, 32, 30), 3, 32, 30), ((28, 28, 1), 1, 28, 28), ((784,), 1, 28, 28)],
)
def test_an_input_with_the_shape_of_an_image_is_an_image(
    shape: tuple[int, ...], count: int, height: int, width: int
) -> None:
    tiles = tiles_of(shape, channels_last=False, as_input=True)

    assert (tiles.kind, tiles.count, tiles.height, tiles.width) == ("image", count, height, width)


@pytest.mark.parametrize("shape", [(13,), (65,), (49,), (12, 32), (64, 32, 32)])
def test_an_input_of_another_shape_is_no_image(shape: tuple[int, ...]) -> None:
    assert tiles_of(shape, channels_last=False, as_input=True).kind != "image"


def test_three_by_three_pixels_are_no_image() -> None:
    assert is_image((3, 32, 32))
    assert not is_image((3, 3, 3))
    assert not is_image((784,))


def test_maps_are_drawn_as_saved() -> None:
    sample = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

    assert np.array_equal(drawn(sample, tiles_of(sample.shape, channels_last=False)), sample)


def test_channels_that_come_last_become_maps() -> None:
    sample = np.arange(24, dtype=np.float32).reshape(3, 4, 2)

    found = drawn(sample, tiles_of(sample.shape, channels_last=True), channels_last=True)

    assert np.array_equal(found[1], sample[:, :, 1])


def test_the_shape_of_an_image_shows_where_its_channels_are() -> None:
    sample = np.arange(5 * 4 * 3, dtype=np.float32).reshape(5, 4, 3)

    found = drawn(sample, tiles_of(sample.shape, channels_last=False, as_input=True))

    assert np.array_equal(found[2], sample[:, :, 2])


def test_a_shorter_sequence_leaves_the_rest_empty() -> None:
    tiles = tiles_of((5, 2), channels_last=False)

    found = drawn(np.ones((3, 2), np.float32), tiles)

    assert np.array_equal(np.isnan(found[0]), [[False] * 2] * 3 + [[True] * 2] * 2)


def test_a_longer_sequence_is_cut() -> None:
    tiles = tiles_of((2, 2), channels_last=False)

    assert np.array_equal(drawn(np.ones((9, 3), np.float32), tiles), np.ones((1, 2, 2)))


def test_a_sample_with_other_axes_is_left_out() -> None:
    tiles = tiles_of((2, 2), channels_last=False)

    assert np.isnan(drawn(np.ones((2, 2, 2), np.float32), tiles)).all()


def test_too_many_values_are_drawn_as_means_of_blocks() -> None:
    shape = (1, 2001, 2000)
    tiles = tiles_of(shape, channels_last=False)
    sample = np.ones(shape, np.float32)
    sample[0, :2, :2] = [[2, 4], [6, 8]]

    found = drawn(sample, tiles)

    assert (tiles.reduced, tiles.height, tiles.width) == (2, 1001, 1000)
    assert tiles.size <= MAX_VALUES
    assert found[0, 0, 0] == 5
    assert found[0, 1000, 999] == 1  # of a block of half the height


def test_too_many_maps_are_counted_as_hidden() -> None:
    tiles = tiles_of((3_000_000, 2, 2), channels_last=False)

    assert (tiles.count, tiles.hidden, tiles.reduced) == (MAX_VALUES, 3_000_000 - MAX_VALUES, 2)


def test_very_many_units_are_folded_into_a_map() -> None:
    count = MAX_UNITS + 1
    tiles = tiles_of((count,), channels_last=False)

    found = drawn(np.arange(count, dtype=np.float32), tiles)

    assert (tiles.kind, tiles.count) == ("folded", 1)
    assert found.reshape(-1)[MAX_UNITS] == MAX_UNITS
    assert np.isnan(found.reshape(-1)[count:]).all()
