"""Settings of all tests: one thread, and property tests that draw the same few examples every time."""

import signal

import pytest
import torch
from hypothesis import settings

torch.set_num_threads(1)
settings.register_profile("small", max_examples=15, deadline=None, derandomize=True, database=None)
settings.load_profile("small")


@pytest.fixture
def default_hangup():
    """SIGHUP as a shell leaves it. A runner under nohup ignores it, and every process that it starts would too."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)
