"""The forty submissions of `make grade`: that they are graded so, the rehearsal itself tests."""

from tools.grading_rehearsal.submissions import COUNT, FAULTS, POINTS, all_submissions

SUBMISSIONS = all_submissions([f"answer = {number}" for number in POINTS])


def test_there_are_forty_and_each_student_hands_in_one():
    assert len({each.student for each in SUBMISSIONS}) == len(SUBMISSIONS) == COUNT
    assert len({each.kind for each in SUBMISSIONS}) == COUNT


def test_every_fault_is_planted_alone_and_costs_points_of_its_exercise_only():
    alone = {each.kind: each for each in SUBMISSIONS}
    for fault in FAULTS:
        lost = {number: POINTS[number] - alone[fault.name].points[number] for number in POINTS}
        assert lost == {number: fault.costs * (number == fault.exercise) for number in POINTS}


def test_right_has_all_points_and_blank_none():
    points = {each.kind: sum(each.points.values()) for each in SUBMISSIONS}
    assert points["right"] == points["right, late cells copied"] == sum(POINTS.values())
    assert points["blank"] == points["blank, late cells copied"] == 0
