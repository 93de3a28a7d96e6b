from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.debugger.plot.networks import Tensors, pytorch, save

from clary.debugger import tensor_plot
from clary.debugger.plot import NoNotebook, TooLarge, page


def test_a_page_is_self_contained(tmp_path: Path) -> None:
    plot = tensor_plot(save(tmp_path / "trial", pytorch(), pytorch(1)), title="digits & more")

    text = plot.save_html(tmp_path / "network.html").read_text()

    assert "<title>digits &amp; more</title>" in text
    assert len(re.findall(r'data-step="[01]" data-sample="[0-3]"', text)) == 8
    assert not re.search(r'(src|href)="', text)


def test_a_page_has_the_steps_and_samples_that_are_asked_for(tmp_path: Path) -> None:
    plot = tensor_plot(save(tmp_path / "trial", pytorch(), pytorch(1)))

    text = plot.save_html(tmp_path / "network.html", steps=[0], samples=[3]).read_text()

    assert re.findall(r'data-step="(\d)" data-sample="(\d)"', text) == [("0", "3")]
    assert '"step": 0, "sample": 3, "samples": [3]' in text


def test_a_name_can_not_end_the_script_element_that_contains_it(tmp_path: Path) -> None:
    tensors: Tensors = {**pytorch(), "</script>_output_0": pytorch()["relu_output_0"] + 1}

    text = tensor_plot(save(tmp_path / "trial", tensors)).save_html(tmp_path / "network.html").read_text()

    assert "</script>_output_0" not in text


@pytest.mark.parametrize(("steps", "samples"), [([5], None), ([], None), (None, [4]), (None, [])])
def test_steps_and_samples_that_are_not_there_are_refused(
    steps: list[int] | None, samples: list[int] | None, tmp_path: Path
) -> None:
    plot = tensor_plot(save(tmp_path / "trial", pytorch()))

    with pytest.raises(ValueError, match=r"nothing to draw|not in the batch"):
        plot.save_html(tmp_path / "network.html", steps=steps, samples=samples)


def test_a_page_with_few_samples_has_the_selected_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = tensor_plot(save(tmp_path / "trial", pytorch()), sample=3)
    monkeypatch.setattr(page, "DEFAULT_BYTES", plot.picture.size * 2 * 2)

    assert page.page_content(plot.picture, 3, None, None).samples == (0, 3)


def test_the_error_of_a_page_that_is_too_large_says_what_to_leave_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot = tensor_plot(save(tmp_path / "trial", pytorch()))
    monkeypatch.setattr(page, "MAX_BYTES", -1 << 20)

    with pytest.raises(TooLarge, match=r"steps=.*samples="):
        plot.save_html(tmp_path / "network.html")


def test_a_sample_beyond_the_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IndexError, match="samples 0 to 3"):
        tensor_plot(save(tmp_path, pytorch()), sample=4)


def test_the_repr_of_a_plot_summarizes_it(tmp_path: Path) -> None:
    trial = save(tmp_path / "job", pytorch(), pytorch(1))

    assert repr(tensor_plot(trial)) == "<TensorPlot job: 4 layers, 285 values, 2 steps, 0 to 1>"


def test_without_a_notebooks_packages_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    plot = tensor_plot(save(tmp_path, pytorch()))

    with pytest.raises(NoNotebook, match=re.escape("pip install clary[notebook]")):
        _ = plot.widget


def test_the_debugger_loads_the_drawing_package_only_on_use() -> None:
    code = "import sys, clary.debugger; assert not [m for m in sys.modules if '.plot' in m or m == 'numpy']"

    subprocess.run([sys.executable, "-c", code], check=True)
