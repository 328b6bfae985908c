"""Twelve things that people believe of heatmaps, as questions: for before and after the lessons.

They are in English here; the concept test asks them in the language that is set.
"""

from typing import NamedTuple


class Misconception(NamedTuple):
    """A question, three answers to choose from, the right one, and why it is."""

    name: str
    question: str
    choices: tuple[str, str, str]
    answer: str
    reason: str


def ask(name: str, question: str, *choices: str, reason: str) -> Misconception:
    """Make a question; a star is before the right choice."""
    (answer,) = (choice[1:] for choice in choices if choice.startswith("*"))
    first, second, third = (choice.removeprefix("*") for choice in choices)
    return Misconception(name, question, (first, second, third), answer, reason)


MISCONCEPTIONS = (
    ask(
        "finer is truer",
        "One heatmap of a digit has 28 × 28 cells; another, from a later layer, has 14 × 14. Which "
        "of them tells more truly what the answer rests on?",
        "the one with 28 × 28 cells: it shows more detail",
        "the one with 14 × 14 cells: it is closer to the answer",
        "*the number of cells does not tell",
        reason="Cells say how finely a map is drawn; whether it is true takes a test.",
    ),
    ask(
        "warm pixels caused the answer",
        "The heatmap of a 9 is warm at the top. What do you know?",
        "*a weighted sum of feature maps is large there",
        "these pixels made the network say 9",
        "without these pixels the network would not say 9",
        reason="The map is that sum and no more; what the pixels do to the answer shows only when "
        "you change them.",
    ),
    ask(
        "blank means no reason",
        "The network says 8, and its heatmap for class 8 is blank. What does that mean?",
        "the network found nothing that looks like an 8",
        "*the weighted sum is positive nowhere, and the score can be high all the same",
        "the network was only guessing",
        reason="The map leaves out what is negative, and it is not the score, which can be the "
        "highest of all while the map is blank.",
    ),
    ask(
        "colours of two maps compare",
        "Two heatmaps are equally red at one place. Is the weighted sum equally large there?",
        "yes, one colour stands for one value",
        "yes, if both are of the same network and layer",
        "*the colours alone do not tell",
        reason="Each map is divided by its own maximum: the same red may stand for a large value "
        "in one map and for a tiny one in another.",
    ),
    ask(
        "certainty is correctness",
        "A network gives class 7 a probability of 99 %. How often are such answers right?",
        "*that has to be counted on pictures with labels",
        "in about 99 of 100 cases",
        "nearly always, if it was trained on enough pictures",
        reason="Probabilities add up to 1 for any picture, even one of no class at all; how often "
        "they are right is a matter of counting.",
    ),
    ask(
        "the map shows all that was used",
        "What does a Grad-CAM heatmap show?",
        "all parts of the picture that the network used",
        "*what one method adds up for one class at one layer",
        "all parts of the picture that speak for or against the class",
        reason="What speaks against the class is cut off, and another layer, class or method gives "
        "another map.",
    ),
    ask(
        "a nice map proves learning",
        "A heatmap lies neatly on the object. What does that prove about the network?",
        "it has learned what the object looks like",
        "its answer is right for the right reason",
        "*nothing yet: an untrained network can give such a map, too",
        reason="Ink and edges make neat maps by themselves: compare with a network that has "
        "learned nothing.",
    ),
    ask(
        "only the predicted class has a map",
        "A network says “cat” about a picture of a cat and a cup. For which classes is there a "
        "heatmap?",
        "*for every class that the network knows, even one that is absent",
        "for “cat” alone, as this is the answer",
        "for “cat” and “cup”, as these are in the picture",
        reason="Every class has a score, and every score has gradients; the map of an absent class "
        "is a useful control.",
    ),
    ask(
        "of two methods one is wrong",
        "Grad-CAM and HiResCAM draw different maps of one picture, layer and class. What follows?",
        "one of them is wrong",
        "*each adds up something different",
        "the network is undecided",
        reason="Both follow their formulas; which of them to believe about a decision takes a "
        "test, not a look.",
    ),
    ask(
        "erasing what is warm lowers the score",
        "You erase the pixels where the map for 9 is warmest. What happens to the score of 9?",
        "it falls",
        "it falls more than if other pixels were erased",
        "*it may fall, stay or rise",
        reason="The map is no promise about changed pictures: erase other places as well, and "
        "compare.",
    ),
    ask(
        "Grad-CAM shows the cheat",
        "A network looks at nothing but a small mark in a corner. Does Grad-CAM show the mark?",
        "*not always: a mean over all places can hide it",
        "yes, since the mark decides the answer",
        "yes, if one looks at the right class",
        reason="Grad-CAM weights each channel by the mean of its gradients, and what happens at "
        "one place alone can get lost in a mean.",
    ),
    ask(
        "an average holds for each one",
        "On average over 1,000 pictures, heatmaps lie on the object. Where does the next one lie?",
        "on the object",
        "*an average does not tell",
        "on the object, if the network is right",
        reason="An average can lie where few of its pictures do: look at single ones, and count.",
    ),
)
