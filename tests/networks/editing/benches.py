"""A workbench with a small draft, actions on it and what the page shows of it."""

import json

from cnnviz.data import forms
from cnnviz.layers import Concat, Conv2d, Flatten, Linear, ReLU, Residual
from cnnviz.networks import Draft
from cnnviz.networks.editing.network_spec import form_of, network_spec
from cnnviz.networks.editing.workbench import Workbench

GONE = "That layer is not there any more: nothing was changed."


def conv(filters, size=3):
    return Conv2d(out_channels=filters, kernel_size=size, padding=size // 2)


BLOCK = Residual(body=(conv(4), ReLU()))
LAYERS = (conv(4), BLOCK, Concat(branches=((conv(2),), ())), Flatten(), Linear(out_features=10))
DRAFT = Draft(name="d", input_shape=(1, 8, 8), layers=LAYERS)


def bench(*layers, chosen=()):
    draft = DRAFT.model_copy(update={"layers": layers}) if layers else DRAFT
    return Workbench(drafts=[draft], chosen=chosen, datasets=forms())


def act(bench, op, path=None, **more):
    bench.act({"op": op, "path": path, "version": bench.structure} | more)
    return bench


def shown(bench):
    """What the page shows, as JSON."""
    try:
        form = form_of(bench.draft, bench.chosen, bench.error, bench.datasets)
    except LookupError:
        bench.chosen, form = (), None
    spec = network_spec(
        bench.draft,
        64,
        bench.chosen,
        form=form,
        said=bench.said,
        version=bench.version,
        canUndo=bench.can_undo,
        canRedo=bench.can_redo,
        canClear=bool(bench.draft.layers),
    )
    return json.loads(json.dumps(spec, allow_nan=False))
