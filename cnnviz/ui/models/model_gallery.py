"""The known architectures as small pictures to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from typing import TypeAlias
from urllib.parse import parse_qs

from cnnviz.components.linked import linked
from cnnviz.layers import Shape, shape_text
from cnnviz.networks import KNOWN, architectures
from cnnviz.networks.editing.network_spec import group
from cnnviz.networks.layer_text import amount
from cnnviz.networks.summaries import Summary, summary
from cnnviz.networks.table import table
from cnnviz.plots.network_drawing import drawing
from cnnviz.ui.frame.address import choice
from cnnviz.ui.frame.sharing.sealed_address import page_address, query_of
from cnnviz.ui.models.table import Measured, best_here

Accuracies: TypeAlias = tuple[float | None, float | None, float | None]
"""In percent: of ImageNet, of CIFAR-10, published or measured here, and of MNIST."""
_STYLE = """<style>
.models { display: grid; grid-template-columns: repeat(auto-fill, minmax(176px, 1fr)); gap: 10px; }
.models a { display: block; padding: 10px 12px; border-radius: 8px; text-decoration: none;
  border: 1px solid color-mix(in srgb, currentcolor 25%, transparent); }
.models a:hover { border-color: currentcolor; }
.models a[aria-current] { border-color: var(--st-primary-color); box-shadow: inset 0 0 0 1px var(--st-primary-color); }
.models svg { display: block; max-width: 100%; height: auto; margin-bottom: 6px; }
.models b { display: block; font-size: .92rem; line-height: 1.25; }
.models span { display: block; font-size: .82rem; line-height: 1.35; opacity: .82; }
.conv { fill: #2f86d1; } .pool { fill: #009e73; } .dense { fill: #d55e00; } .block { fill: #aa5fa0; }
.other, .input { fill: #8a8a8a; }
@media (max-width: 640px) {
  .models { grid-template-columns: none; grid-template-rows: repeat(2, auto); grid-auto-flow: column; grid-auto-columns: 158px;
    overflow-x: auto; padding-bottom: 8px; }
}
</style>"""


def model_gallery(chosen: str, results: Measured, on_choose: Callable[[str], None]) -> None:
    """A card for each, sorted as the visitor likes; ``on_choose`` gets the key of the one that is clicked."""
    accuracies = {key: _accuracies(key, results) for key in architectures()}
    keys = _sorted(choice("sort"), accuracies)
    address = {name: value for name, value in page_address().items() if name != "model"}
    cards = []
    for key in keys:
        it, current = summary(key), ' aria-current="true"' if key == chosen else ""
        href = escape(f"?{query_of(address | {'model': [key]})}")
        lines = "".join(f"<span>{escape(line)}</span>" for line in _lines(it, accuracies[key]))
        cards.append(f'<a href="{href}"{current}>{_drawing(key)}<b>{escape(it.network.name)}</b>{lines}</a>')
    html = f'{_STYLE}<div class="models" tabindex="0" role="group" aria-label="Networks">{"".join(cards)}</div>'

    def follow(href: str) -> None:
        key = parse_qs(href.partition("?")[2]).get("model", [""])[-1]
        if key in KNOWN:
            on_choose(key)

    linked(html, key="model_gallery", on_follow=follow)


def _sorted(by: str, accuracies: Mapping[str, Accuracies]) -> list[str]:
    """Those of which it is not known come last."""
    keys = list(architectures())
    if by == "year":
        return sorted(keys, key=lambda key: KNOWN[key].year or 9999)
    if by == "accuracy":
        return sorted(keys, key=lambda key: [-(of or 0) for of in accuracies[key]])
    if by == "cost":
        return sorted(keys, key=lambda key: summary(key).totals.macs)
    return keys


def _accuracies(key: str, results: Measured) -> Accuracies:
    known, here = KNOWN[key], best_here(key, results)
    cifar10 = max((of for of in (known.cifar10, here.get("cifar10")) if of is not None), default=None)
    return known.imagenet, cifar10, here.get("mnist")


def _lines(it: Summary, accuracies: Accuracies) -> list[str]:
    names = ("ImageNet", "CIFAR-10", "MNIST")
    known = [f"{of:.1f}% of {name}" for name, of in zip(names, accuracies, strict=True) if of is not None]
    year = f"{it.known.year} · " if it.known.year else ""
    return [
        f"{year}{shape_text(it.network.input_shape)}",
        f"{_count(it.totals.params)} parameters",
        f"{_count(it.totals.macs)} multiply-adds",
        known[0] if known else "accuracy not known here",
    ]


def _count(number: int) -> str:
    """Exact where networks are known by it."""
    return f"{number:,}" if number < 100_000 else amount(number)


@cache
def _drawing(key: str) -> str:
    return drawing(volumes(key), f"{len(volumes(key))} steps from the input to the answer")


@cache
def volumes(key: str) -> list[tuple[str, Shape]]:
    """What the layers of an architecture give, those that keep the shape with the one before, blocks as one."""
    network = summary(key).network
    found: list[tuple[str, Shape]] = [("input", network.input_shape)]
    for row in table(network):
        if len(row.path) != 1 or row.output_shape is None or row.layer is None:
            continue
        if row.output_shape != found[-1][1] or row.is_block:
            found.append((group(type(row.layer)), row.output_shape))
    return found
