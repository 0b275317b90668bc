from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from ganbench.errors import NotFiniteError
from ganbench.playground.catalogue import Catalogue
from ganbench.playground.messages import Start
from ganbench.playground.training import Training
from ganbench.playground.view import ARROWS, POINTS, SIDE


@pytest.fixture
def training(catalogue: Catalogue) -> Training:
    return Training(catalogue.build_recipe(Start(type="start", recipe="gan-ring8", batch=8)), seed=1)


def set_critic(training: Training, score: Any) -> None:
    """Make D return a function of the points, as networks see them."""
    training.trainer.networks["D"].forward = score


def test_a_frame_holds_points_the_critic_and_arrows(training: Training) -> None:
    frame = training.view.snapshot(4, "words")
    message = json.loads(frame.to_json())
    assert (message["type"], message["step"], message["phase"]) == ("frame", 4, "words")
    assert len(message["fakes"]) == 2 * POINTS
    assert len(message["critic"]["values"]) == SIDE**2
    assert 4 * ARROWS * 0.8 <= len(message["arrows"]) <= 4 * ARROWS
    assert len(frame.to_json()) < 25_000
    described = training.view.describe()
    assert (described["low"], described["high"], len(described["real"])) == (-15, 15, 2 * POINTS)
    assert json.loads(json.dumps(described)) == described


def test_coordinates_go_from_the_low_to_the_high_end(training: Training) -> None:
    corners = torch.tensor([[-15.0, 15.0], [0.0, 7.5], [1e9, -1e9]])
    assert training.view.units(corners) == [0, 10_000, 5000, 7500, 20_000, -10_000]


def test_probabilities_have_a_fixed_range_and_rows_go_up(training: Training) -> None:
    set_critic(training, lambda x: 100 * x[:, 1])  # sure of "real" above the middle
    critic = training.view.snapshot(0).critic
    assert critic is not None
    assert (critic.low, critic.high, critic.probability) == (0, 1, True)
    rows = torch.tensor(critic.values).reshape(SIDE, SIDE)
    assert (rows[: SIDE // 2 - 1] < 30).all()
    assert (rows[SIDE // 2 + 1 :] > 225).all()


def test_raw_scores_have_the_range_that_they_have(catalogue: Catalogue) -> None:
    training = Training(catalogue.recipes["wgan-ring8"], seed=1)
    set_critic(training, lambda x: 3 + 2 * x[:, 0])  # from about 1 to 5
    critic = training.view.snapshot(0).critic
    assert critic is not None
    assert not critic.probability
    assert 1 < critic.low < 1.1
    assert 4.9 < critic.high < 5
    rows = torch.tensor(critic.values).reshape(SIDE, SIDE)
    assert (rows.diff(dim=1) >= 0).all()
    assert (int(rows.min()), int(rows.max())) == (0, 255)
    set_critic(training, lambda x: 7 + 0 * x[:, 0])
    assert set(training.view.snapshot(0).critic.values) == {0}  # type: ignore[union-attr]


def test_arrows_point_where_d_scores_higher(training: Training) -> None:
    set_critic(training, lambda x: x[:, 0])
    arrows = torch.tensor(training.view.snapshot(0).arrows).reshape(-1, 4)
    assert (arrows[:, 2] > 0).all()
    assert (arrows[:, 3] == 0).all()
    assert arrows[:, 2].max() == 10_000
    set_critic(training, lambda x: 0 * x[:, 0])
    assert set(training.view.snapshot(0).arrows[2::4]) == {0}


def test_looking_changes_nothing(training: Training) -> None:
    before = {name: value.clone() for name, value in training.trainer.networks.state_dict().items()}
    state = torch.get_rng_state()
    assert training.view.snapshot(0) == training.view.snapshot(0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[k]) for k, value in training.trainer.networks.state_dict().items())
    assert all(network.training for network in training.trainer.networks.values())


def test_numbers_that_are_not_finite_are_refused(training: Training) -> None:
    set_critic(training, lambda x: x[:, 0] / 0)
    with pytest.raises(NotFiniteError):
        training.view.snapshot(0)
