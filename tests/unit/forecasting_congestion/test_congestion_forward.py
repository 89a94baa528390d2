"""NumPy says what torch says."""

import numpy as np
import pytest
import torch

from airtraffic.forecasting.congestion_network import Shape, build, run, seeded


@pytest.mark.parametrize("layers", [1, 2])
def test_a_network_says_the_same_without_torch(layers):
    shape = Shape(hidden=5, layers=layers)
    with seeded(3):
        network = build(4, 2, shape)
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.7)
    windows = np.random.default_rng(1).normal(size=(7, 6, 4)).astype(np.float32)
    network.eval()
    with torch.inference_mode():
        said = network(torch.from_numpy(windows)).numpy()
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    np.testing.assert_allclose(run(weights, windows, 2, shape), said, atol=1e-6)
    assert run(weights, windows[:0], 2, shape).shape == (0, 2)


def test_training_keeps_to_one_thread_and_puts_them_back():
    before = torch.get_num_threads()
    with seeded(1):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
