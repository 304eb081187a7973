"""One seed gives one result; rates and curricula by hand; `fit` refuses bad input and keeps global state."""

import pytest
import torch

from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES, IGNORE, Classes
from recurse_lab.tasks.prefix_sums import PrefixSums
from recurse_lab.train.loop import Run, cell_accuracy, fit, means, seeded, training
from recurse_lab.train.objectives.base import Outcome
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.progressive import Progressive
from recurse_lab.train.optimizer import Average, Plan
from recurse_lab.train.sources import Curriculum, InTurn, Pool

TINY = Plan(steps=6, warmup=2)


def train(seed, plan=TINY, objective=None, bits=4, after=None):
    with seeded(seed) as generator:
        net = DeepThinking(DeepThinkingConfig(width=8, groups=2))
        source = Curriculum(PrefixSums(), 8, bits, bits, generator)
        objective = objective or Progressive(with_gradient=3, without_gradient=3)
        return net, fit(net, source, objective, plan, generator, after)


def test_one_seed_gives_one_result():
    (net, run), (same_net, same), (_, other) = train(1), train(1), train(2)
    assert run.loss == same.loss
    assert run.accuracy == same.accuracy
    assert len(run.loss) == len(run.accuracy) == TINY.steps
    pairs = zip(net.state_dict().values(), same_net.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert run.loss != other.loss


def test_the_global_random_state_is_left_alone():
    before = torch.get_rng_state()
    train(3)
    assert torch.equal(torch.get_rng_state(), before)
    with pytest.raises(IndexError), seeded(1):
        torch.rand(3)[4]
    assert torch.equal(torch.get_rng_state(), before)


def test_fitting_reads_no_global_randomness():
    runs = []
    for state in (5, 6):
        with seeded(1):
            net = DeepThinking(DeepThinkingConfig(width=8, groups=2))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(state)
            generator = torch.Generator().manual_seed(1)
            source = Curriculum(PrefixSums(), 8, 4, 4, generator)
            objective = Progressive(with_gradient=3, without_gradient=9, late_start_share=0.5)
            runs.append(fit(net, source, objective, TINY, generator).loss)
    assert runs[0] == runs[1]


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must be 0 or more, not -1"), seeded(-1):
        pass


def test_the_loss_falls_on_a_tiny_problem():
    _, run = train(0, Plan(steps=80, rate=5e-3, warmup=5), LastStep(steps=3), bits=3)
    assert sum(run.loss[-10:]) < 0.7 * sum(run.loss[:10])
    assert sum(run.accuracy[-10:]) > sum(run.accuracy[:10])


def test_the_rate_warms_up_stays_and_drops():
    plan = Plan(steps=10, rate=4.0, warmup=4, decay_last=0.2)
    assert [plan.rate_at(step) for step in range(10)] == pytest.approx([1, 2, 3, 4, 4, 4, 4, 4, 0.4, 0.4])


def test_no_warm_up_begins_at_the_full_rate():
    assert Plan(steps=10, rate=4.0, warmup=0).rate_at(0) == 4.0


def test_the_optimizer_follows_the_plan():
    slow, fast = (train(0, Plan(steps=1, rate=1e-2, warmup=warmup))[0] for warmup in (10, 1))
    with seeded(0):
        start = DeepThinking(DeepThinkingConfig(width=8, groups=2))
    moved = [(net.head[-1].weight - start.head[-1].weight).norm().item() for net in (slow, fast)]
    assert moved[0] > 0
    assert moved[1] == pytest.approx(10 * moved[0], rel=1e-3)


def test_watchers_see_every_step_and_the_net_ends_in_evaluation_mode():
    seen = []
    net, run = train(0, after=lambda step: seen.append(step[:3]))
    assert seen == list(zip(range(TINY.steps), run.loss, run.accuracy, strict=True))
    assert not net.training
    assert not run.ended
    assert run.examples == 8 * TINY.steps


def test_a_watcher_ends_the_run_by_saying_true():
    _, run = train(0, after=lambda step: step.number == 2)
    assert run.ended
    assert len(run.loss) == 3
    assert run.loss == train(0)[1].loss[:3]


def test_who_stops_asking_ends_the_training():
    with seeded(0) as generator:
        net = DeepThinking(DeepThinkingConfig(width=8, groups=2))
    source = Curriculum(PrefixSums(), 8, 4, 4, generator)
    for step in training(net, source, LastStep(steps=2), TINY, generator):
        assert net.training
        if step.number == 1:
            break
    assert step.stepper.taken == 2


def test_a_run_ends_with_its_averaged_weights():
    plan = Plan(steps=4, warmup=0, average=0.5)
    with seeded(0) as generator:
        net = DeepThinking(DeepThinkingConfig(width=8, groups=2))
    slow, weights = net.head[-1].weight.detach().clone(), []

    def note(step):
        with step.averaged():
            inside = net.head[-1].weight.detach().clone()
        weights.append((net.head[-1].weight.detach().clone(), inside))

    source = Curriculum(PrefixSums(), 8, 4, 4, generator)
    fit(net, source, LastStep(steps=2), plan, generator, note)
    for own, averaged in weights:
        slow = 0.5 * slow + 0.5 * own
        torch.testing.assert_close(averaged, slow)
    torch.testing.assert_close(net.head[-1].weight.detach(), slow)
    assert Average(net, 0.0).slow == {}


def test_a_curve_is_kept_as_means():
    assert means([1.0, 2.0, 3.0, 4.0, 6.0], 2) == [1.5, 3.5, 6.0]
    assert means([], 2) == []
    run = Run(loss=[1 / 3, 2.0, 3.0], accuracy=[0.0, 0.5, 1.0])
    assert run.points(2) == {"loss": [0.3333, 3.0], "accuracy": [0.0, 1.0]}
    assert run.curve(3) == {"loss": [1.7778], "accuracy": [0.5]}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_run(value):
    def broken(model, task, batch, carry, progress, generator):
        outcome = LastStep(steps=1)(model, task, batch, carry, progress, generator)
        return outcome._replace(loss=outcome.loss * value) if progress >= 0.5 else outcome

    with pytest.raises(FloatingPointError, match=r"\A[^\n]*(nan|inf) after 4 steps[^\n]*\Z"):
        train(0, objective=broken)


def test_accuracy_counts_only_cells_that_count():
    logits = torch.tensor([[[2.0, 1.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]])
    targets = torch.tensor([[0, 1, 0, IGNORE]])
    outcome = Outcome(torch.tensor(0.0), logits, targets, None, 1)
    assert cell_accuracy(CLASSES, outcome) == pytest.approx(2 / 3)


class Blank(Classes):
    """A task whose problems hold nothing but their size."""

    symbols = classes = 2
    dims = 1

    def sample(self, count, size, split, generator):
        assert split == "train"
        return Batch(torch.zeros(count, size), torch.zeros(count, size))

    def verify(self, inputs, answers):
        return torch.ones(len(inputs), dtype=torch.bool)


def curriculum(**options):
    return Curriculum(Blank(), 2, 4, 9, torch.Generator(), **options)


def test_a_curriculum_grows_only_above_its_threshold_and_stops_at_its_largest():
    source, sizes = curriculum(memory=0.0, threshold=0.9), []
    for accuracy in (0.5, 0.9, 0.95, 0.95, 0.1, 1.0, 1.0, 1.0):
        source.observe(accuracy)
        sizes.append(source.draw().inputs.shape[1])
    assert sizes == [4, 4, 6, 8, 8, 9, 9, 9]
    assert source.running == 1.0


def test_a_curriculum_needs_a_running_accuracy():
    source, needed = curriculum(), []
    for number in range(1, 80):
        before = source.size
        source.observe(1.0)
        if source.size > before:
            needed.append(number)
    assert needed == [34, 68]


def pool(count, problems=5, seed=0, augment=None):
    """Problem i is a row of i, with target 10 i."""
    rows = torch.arange(problems)[:, None].expand(-1, 3)
    return Pool(CLASSES, Batch(rows, 10 * rows), count, torch.Generator().manual_seed(seed), augment)


def test_a_pool_draws_with_replacement_and_keeps_inputs_and_targets_together():
    source = pool(20)  # a batch larger than the pool
    batches = [source.draw() for _ in range(100)]
    for batch in batches:
        assert batch.inputs.shape == batch.targets.shape == (20, 3)
        assert torch.equal(batch.targets, 10 * batch.inputs)
    counts = torch.bincount(torch.cat([batch.inputs[:, 0] for batch in batches]), minlength=5)
    assert (counts / 2000).tolist() == pytest.approx([0.2] * 5, abs=0.04)


def test_a_pool_draws_by_its_seed_and_augments_anew_each_time():
    def shift(batch, generator):
        return Batch(*(part + torch.randint(100, 10_000, (), generator=generator) for part in batch))

    one, same, other = (pool(4, seed=seed, augment=shift) for seed in (1, 1, 2))
    before = torch.get_rng_state()
    first, again, different = one.draw(), same.draw(), other.draw()
    assert torch.equal(first.inputs, again.inputs)
    assert torch.equal(first.targets, again.targets)
    assert not torch.equal(first.inputs, different.inputs)
    assert torch.equal(torch.get_rng_state(), before)
    alone = pool(4, problems=1, augment=shift)
    assert len({alone.draw().inputs[0, 0].item() for _ in range(10)}) == 10
    assert alone.problems.inputs.tolist() == [[0, 0, 0]]


def test_a_pool_does_not_change_with_success():
    one, same = pool(4), pool(4)
    one.observe(1.0)
    assert torch.equal(one.draw().inputs, same.draw().inputs)


def test_batches_come_in_turn_and_from_the_first_again():
    batches = [Batch(torch.full((1, 1), i), torch.zeros(1, 1)) for i in range(2)]
    source = InTurn(CLASSES, batches)
    assert [source.draw().inputs.item() for _ in range(5)] == [0, 1, 0, 1, 0]
