"""The pages of the reports: one file of HTML each, without anything that is loaded."""

from __future__ import annotations

from html import escape
from typing import Any

from .config import Config
from .model import Model

MOST_BARS = 30
MOST_CLASSES = 30
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#16191f}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.25rem .75rem;text-align:left}
td,th{border-bottom:1px solid #d5dbdb}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:#0972d3;height:.8rem;border-radius:2px}
td.w{width:20rem}p{max-width:45rem}
@media(prefers-color-scheme:dark){body{background:#16191f;color:#e9ebed}td,th{border-color:#414d5c}.bar{background:#539fe5}}
"""


def quality_page(model: Model, config: Config, found: dict[str, Any]) -> str:
    schema = model.schema
    section = next(value for name, value in found.items() if name.endswith("_metrics"))
    rows = [
        (name, f"{each['value']:.5g}", _spread(each["standard_deviation"]))
        for name, each in sorted(section.items())
        if "value" in each
    ]
    parts = [
        f"<p>{escape(schema.problem_type)} of <b>{escape(schema.target)}</b>, objective "
        f"{escape(schema.metric_name)}, measured on {found['dataset']['item_count']} rows that the model "
        "was not fitted on. The standard deviation is that of 20 samples of these rows.</p>",
        _table(("metric", "value", "standard deviation"), rows),
    ]
    if "confusion_matrix" in section:
        parts.append(_confusion(section["confusion_matrix"]))
    return _page(f"Model quality of {_title(model, config)}", parts)


def explainability_page(model: Model, config: Config, found: dict[str, Any]) -> str:
    parts = [
        f"<p>The mean size of each column's contribution (Kernel SHAP) to the prediction, over "
        f"{found['rows']} rows, against a row with the usual value in each column.</p>"
    ]
    for label, each in found["explanations"]["kernel_shap"].items():
        name = each.get("label", model.schema.target if label == "label0" else label)
        parts.append(f"<h2>{escape(str(name))}</h2>")
        values = sorted(each["global_shap_values"].items(), key=lambda pair: -pair[1])[:MOST_BARS]
        most = max([value for _, value in values] + [1e-12])
        rows = "".join(
            f"<tr><td>{escape(column)}</td>"
            f"<td class=w><div class=bar style='width:{100 * value / most:.0f}%'></div></td>"
            f"<td class=n>{value:.4g}</td></tr>"
            for column, value in values
        )
        parts.append(f"<table>{rows}</table>")
    return _page(f"What moves the predictions of {_title(model, config)}", parts)


def _title(model: Model, config: Config) -> str:
    return config.candidate or str(model.description.get("candidate", "the model"))


def _spread(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.2g}"


def _confusion(matrix: dict[str, dict[str, int]]) -> str:
    classes = list(matrix)[:MOST_CLASSES]
    rows = [(actual, *(str(matrix[actual][each]) for each in classes)) for actual in classes]
    more = f"<p>The first {MOST_CLASSES} of {len(matrix)} classes.</p>" if len(matrix) > MOST_CLASSES else ""
    return "<h2>Confusion matrix</h2>" + more + _table(("actual \\ predicted", *classes), rows)


def _table(head: tuple[str, ...], rows: list[Any]) -> str:
    titles = "".join(f"<th>{escape(each)}</th>" for each in head)
    lines = "".join(
        f"<tr><td>{escape(row[0])}</td>{''.join(f'<td class=n>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return f"<table><tr>{titles}</tr>{lines}</table>"


def _page(title: str, parts: list[str]) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style>"
        f"<h1>{escape(title)}</h1>{''.join(parts)}</html>\n"
    )
