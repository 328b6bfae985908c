"""What explorers say, as templates: Python fills them, and so does the browser without a kernel.

The tables follow `set_language`: their keys stay, and what stands there changes.
"""

from gradcam_lab._language import follow_language

# What stands at the controls, by the traits that they move.
LABELS = {
    "index": "index",
    "layer": "layer",
    "target": "target",
    "method": "method",
    "same_scale": "same scale",
    "alpha": "alpha",
    "colormap": "colormap",
    "threshold": "threshold",
    "paper": "paper",
    "contours": "contours",
    "swipe": "swipe",
    "difference": "difference",
    "channels": "channels",
    "order": "order",
    "fraction": "fraction",
    "randomized": "randomized",
    "seed": "seed",
}

WORDS = {
    # methods as people write them; one that is not here is called what code calls it
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "xgradcam": "XGrad-CAM",
    "scorecam": "Score-CAM",
    # orders in which cells are erased
    "by the map": "by the map",
    "coldest first": "coldest first",
    "random": "random",
    "from the centre": "from the centre",
    "by hand": "by hand",
    # buttons, headings, titles
    "previous": "previous picture",
    "next": "next picture",
    "safe": "colour-blind safe",
    "course": "course's look",
    "save": "Save picture",
    "others": "Show others",
    "layers": "layers",
    "pictures": "pictures",
    "picture": "picture",
    "cells": "heatmap, {rows} × {columns} cells",
    "alpha": "overlay, alpha {alpha}",
    "difference": "difference",
    "channel_title": "channel {channel}",
    # where no kernel is alive
    "still": "A picture from when this cell ran. For controls, run the notebook's cells from the "
    "top.",
    "no_kernel": "Not connected to a kernel: alpha, colormap and threshold work. For all controls, "
    "run the notebook's cells from the top.",
    "no_kernel_deletion": "No kernel answers here: order and fraction go through what is recorded "
    "of this picture. To ask about more, and to erase by hand, run the notebook's cells from the "
    "top.",
    "no_kernel_randomization": "No kernel answers here: the slider of random layers goes through "
    "what is recorded of this picture. To ask about more, run the notebook's cells from the top.",
    # where a heatmap is warmest: the thirds of a picture, row by row
    "places": "top left, top centre, top right, middle left, centre, middle right, "
    "bottom left, bottom centre, bottom right",
    "warmest": "warmest at the {place}",
    "nowhere": "nothing is positive for this class, the heatmap is zero everywhere",
    # one picture
    "predicted": "says {name}, {percent} sure",
    "true": " (true: {name})",
    "sentence": "The network {predicted}{true}. "
    "Asked about {name}, at {layer} by {method}: {place}",
    "mistaken": "{name}, read as {as}",
    "chance": "; {layer} has no activation, and there much of what {methods} show is chance",
    "and": " and ",
    "draw": "Draw a digit on the pad.",
    "not_recorded": "This page has heatmaps of the five likeliest classes of each picture, and not "
    "of this class: choose another one, or run the notebook.",
    "no_network": "This page has no network for other pictures: run the notebook.",
    "kernel_answers": "{explorer} needs a kernel to answer: its page has what is recorded.",
    # several columns: pictures, methods or targets
    "picture_title": "true {name}, {predicted}",
    "target_title": "asked about {name} ({percent})",
    "column": "{title}, at {layer}; {place}{note}",
    "columns": "{summary}, at {layer}{chance}{blank}{colours}",
    "pictures_of_predicted": "each picture explained for its predicted class",
    "pictures_of_target": "each picture explained for class {name}",
    "methods": "The network {predicted}. Asked about {name}",
    "same_map": "the same map as {first}",
    "other_map": "differs by up to {difference} from {first}",
    "colours": "; from the second on, blue: less than {first}, red: more",
    "blank": "; nothing is positive in: {titles}",
    # cells erased step by step
    "erased": "{percent} of the cells erased: the network says {predicted}; {name} has "
    "{probability}.",
    "erased_at_random": " With as many erased at random, it has {low} to {high}.",
    "erased_cells": "{count} of {cells} cells erased",
    "order": "{order}, area {area}",
    "random_orders": "{count} random orders",
    "probability_while_erased": "Curves: the probability of {name} while more and more cells are "
    "erased.",
    "overlay": "{method} for {name}, at {layer}",
    "cells_erased": "cells erased",
    "probability_of": "probability of {name}",
    "to_erase": "Picture in {rows} × {columns} cells: press one to erase it, or to bring it back. "
    "With keys: the arrows move, Space erases and brings back.",
    # layers that get random weights, from the top down
    "as_trained": "as trained",
    "layers_random": "{count} of {layers} random",
    "down_to": "{count} of {layers} layers random, down to {layer}",
    "trained": "As trained",
    "randomized": "{title}: accuracy {accuracy}. Rank correlation with the trained map: "
    "{correlation}; of plain ink: {ink}.",
    "blank_map": "none, as one is blank",
    "rank_correlation": "rank correlation with the trained map",
    "ink_correlation": "rank correlation of plain ink",
    "accuracy": "accuracy on {count} pictures",
    "random_layers": "layers with random weights, from the top",
    "correlation_or_accuracy": "rank correlation, and accuracy",
    "curves_of_layers": "Curves: how like the trained map the map is, and how many pictures the "
    "network gets right, while more and more layers get random weights.",
    "maps_of_layers": "maps with random weights, from the top down to",
    # Grad-CAM, channel by channel
    "anatomy": "{added} of {channels} of {layer} added, for class {name}: {nearness}; {place}",
    "complete": "this is the Grad-CAM heatmap",
    "incomplete": "up to {difference} away from the Grad-CAM heatmap",
    "terms": "weight α · channel A, the strongest first; red frame: for the class, blue: against "
    "it. Choose one to add all up to it.",
    "channel": "channel {channel}, {side}, weight {weight}, {state}: add all up to it",
    "for": "for the class",
    "against": "against the class",
    "added": "added",
    "waiting": "not added yet",
    "one_channels": "1 channel",
    "many_channels": "{count} channels",
    "more": "{added} of {more} more",
    "rest": "of the other channels, {added} of {more} added: add all",
    "signed_map": "signed map of {channels}",
    "whole_map": "signed map of all channels",
    "heatmap": "heatmap",
}

# What predictions, the concept test and the matching game say.
QUIZ_WORDS = {
    "how_sure": "How sure are you?",
    "steps": "a guess, fairly sure, certain",
    "your_number": "your prediction",
    "lock": "Lock my prediction",
    "incomplete": "Give your prediction, and say how sure you are.",
    "locked": "Locked",
    "no_answer": "Your prediction is locked. Now read on.",
    "right": "Right: {answer}.",
    "guessed": "Right, though you guessed: {answer}.",
    "mistaken": "You were {sure}, but the answer is: {answer}.",
    "wrong_guess": "The answer is: {answer}.",
    # all of a notebook's predictions
    "none_so_far": "No prediction has been locked and answered yet.",
    "tally": "{sure}: {right} of {all} right",
    "sure_and_wrong": "You were sure and wrong about …",
    "never_sure_and_wrong": "You were never sure and wrong.",
    "what_was_said": "You said: {chosen} ({sure}). The answer: {answer}.",
    # the concept test, before and after the lessons
    "code_before": "{count} of {all} locked. Your code, to write down until lesson 4 is done: "
    "<b>{code}</b>",
    "code_after": "{count} of {all} locked.",
    "belief": "the belief",
    "before": "before",
    "after": "after",
    "compared": "Right before the lessons: {before} of {all}. After them: {after} of {all}.",
    "not_locked": "not locked",
    # the matching game
    "task": "What does each heatmap explain?",
    "picture": "Picture {number} of {all}",
    "unlabelled": "heatmap {number}, without its caption",
    "finish": "Lock my answers",
    "missing": "Choose a caption for every picture; still open: {numbers}.",
    "score": "{score} of {all} right. Guessing gets {chance} on average.",
}

follow_language(LABELS, WORDS, QUIZ_WORDS)
