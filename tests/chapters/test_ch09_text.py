"""Chapter 09: numbers that its text states hold for its arms."""

from recurse_lab.chapters.ch09_generation_verification_gap import arms
from recurse_lab.chapters.ch09_generation_verification_gap.views import passed_precision
from recurse_lab.experiments.self_training.arm import JUDGED
from recurse_lab.experiments.self_training.problems import labeled, unlabeled, unseen


def test_the_boards_and_draws_are_as_many_as_the_text_says():
    for arm in arms.ROUNDS.values():
        assert (arm.boards.labeled, arm.boards.pool, arm.boards.problems) == (40, 150, 256)
        assert (arm.draws, arm.cycles, JUDGED, arm.rounds) == (8, 8, 16, 3)
        assert arm.kept == (150 if arm.keep == "everything" else 60)
    assert arms.ROUNDS["noisy_rules"].passed == 0.3
    facts = arms.FACTS["facts_truth"]
    assert (facts.boards.pool, facts.boards.labeled, facts.draws) == (60, 400, 8)


def test_labels_have_one_blank_and_the_others_as_many_as_the_text_says():
    boards = arms.ROUNDS["rules"].boards
    assert set((labeled(boards, 0).inputs == 0).sum(1).tolist()) == {1}
    assert {2, 10} < set((unlabeled(boards, 0).inputs == 0).sum(1).tolist()) <= set(range(2, 13))
    assert set((unseen(boards, "test", 0).inputs == 0).sum(1).tolist()) == {10, 11, 12}


def test_every_fact_has_two_legal_answers():
    boards = arms.FACTS["facts_truth"].boards
    pool = unlabeled(boards, 0)
    assert set(boards.completions.solutions(pool.inputs).sum(1).tolist()) == {2}
    known = labeled(boards, 0)
    assert set(boards.completions.solutions(known.inputs).sum(1).tolist()) == {1}


def test_half_of_what_a_verifier_passes_is_right_at_about_5_percent_of_wrong_ones():
    assert round(passed_precision(0.05, 0.053), 2) == 0.5
    assert passed_precision(0.05, 0.1) < 0.5
