"""What the links of a page say, and a run whose images have links."""

import json
from typing import Any
from urllib.parse import parse_qsl

from streamlit.testing.v1 import AppTest

from cnnviz.layers import Conv2d, Flatten, Linear, ReLU
from cnnviz.networks import Network
from cnnviz.runs import RunStore, Spec
from cnnviz.runs.worker import work
from cnnviz.training import TrainingConfig

Address = dict[str, str]


def specs(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What the browser gets for the components of one kind."""
    found = [one.proto for one in app.get("bidi_component") if one.proto.component_name == f"cnnviz_{name}"]
    return [json.loads(proto.json)["spec"] for proto in found]


def parts(href: str) -> tuple[str, Address]:
    page, _, query = href.partition("?")
    return page, dict(parse_qsl(query, keep_blank_values=True))


def links(app: AppTest) -> dict[str, tuple[str, Address]]:
    """Page and address of each of the page's links, by its words."""
    return {
        one.label.replace("\\", ""): (one.proto.page, parts(f"?{one.proto.query_string}")[1])
        for one in app.get("page_link")
    }


def hrefs(html: str) -> list[str]:
    return [part.split('"')[0].replace("&amp;", "&") for part in html.split('<a href="')[1:]]


def trained(dataset: str, **settings: Any) -> str:
    """A run of one epoch; its id."""
    tiny = Network(
        name="tiny",
        input_shape=(1, 28, 28) if dataset == "digits" else (3, 32, 32),
        layers=(Conv2d(out_channels=2, kernel_size=5, stride=3), ReLU(), Flatten(), Linear(out_features=10)),
    )
    store = RunStore()
    config = TrainingConfig(epochs=1, batch_size=256, device="cpu", **settings)
    run = store.create(Spec(network=tiny, dataset=dataset, config=config))
    work(store, run.id)
    return run.id
