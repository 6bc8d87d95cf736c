import numpy as np
import torch
from torch import nn

from cnnviz.inspection.shift_invariance import feature_changes, last_feature


def test_the_last_feature_is_what_the_last_layer_reads():
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 5), nn.ReLU(), nn.Linear(5, 2))
    x = torch.randn(3, 1, 4, 4)
    np.testing.assert_allclose(last_feature(module, x), module[:3](x).detach().numpy())


def test_a_global_average_never_drifts_and_a_flat_input_does():
    x = torch.randn(4, 2, 5, 6)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3))
    np.testing.assert_allclose(feature_changes(pooled, x, [0, 1, 5]), 0, atol=1e-5)
    flat = nn.Sequential(nn.Flatten(), nn.Identity(), nn.Linear(60, 3))
    drift = feature_changes(flat, x, [0, 1, 6])
    assert drift.shape == (3, 4)
    np.testing.assert_allclose(drift[[0, 2]], 0, atol=1e-6)  # as wide as the input: all the way round
    rolled = torch.roll(x, 1, 3)
    expected = (rolled - x).flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1)
    np.testing.assert_allclose(drift[1], expected, rtol=1e-5)


def test_a_feature_of_nothing_but_zeros_changes_not_at_all_or_wholly():
    module = nn.Sequential(nn.Flatten(), nn.Identity(), nn.Linear(4, 1))
    assert feature_changes(module, torch.zeros(1, 1, 2, 2), [1]).tolist() == [[0]]
    first = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False), nn.Linear(1, 1))
    first[1].weight.data = torch.tensor([[1.0, 0.0]])
    assert feature_changes(first, torch.tensor([[[[0.0, 5.0]]]]), [0, 1]).tolist() == [[0], [1]]
