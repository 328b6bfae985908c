# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. Can you believe a heatmap?
#
# Each lesson has left a question open. [Lesson 1](01_build_a_cnn.ipynb) ended with digits on which
# the network is certain and wrong, [lesson 2](02_grad_cam.ipynb) with a map that an experiment
# contradicts, [lesson 3](03_trained_model.ipynb) with a warm place for a teapot that is not there.
# Behind all three is one question: when does a heatmap deserve belief? In this lesson you do not
# look at heatmaps. You test them, and give each test a control.
#
# **After this lesson you can**
#
# - test a heatmap by erasing what it ranks first, and choose a control that makes the test fair,
# - find out whether a map depends on what the network has learned,
# - catch a network that is right for the wrong reason, and prove it,
# - say which questions a heatmap has to answer before you believe it.
#
# **Time:** 60 minutes. Lesson 2 comes first; no internet is used.

# %% [markdown]
# ## 4.1 Is red evidence?

# %%
import gradcam_lab as lab

import matplotlib.pyplot as plt
import numpy as np
from gradcam_lab import evidence, keras
from PIL import ImageOps

# %%
plt.style.use("gradcam_lab.assets.lesson")
lab.set_language("en")
bare = {"xticks": [], "yticks": []}
model, digits = lab.trained_cnn(), lab.load_mnist()
engine = lab.GradCAM(model)

# %% [markdown]
# Two helpers. `on_paper` draws a map over a digit, as in lesson 2. `mean` gives a mean with the
# margin within which it would probably stay if we drew other digits: a 95 % interval.


# %%
def on_paper(digit, heatmap):
    return lab.superimpose(1 - digit, heatmap, 0.6, "OrRd")


def mean(values):
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]  # a blank map has no order: nothing to correlate
    margin = 1.96 * values.std() / np.sqrt(len(values))
    return f"{values.mean():.2f} ± {margin:.2f}"


# %% [markdown]
# ### The foot of the 9, with its control
#
# Lesson 2 found the foot of the nines blue: at `conv2d_1` it counts *against* class 9. Then we
# erased the foot, and the class score fell. Against or for?
#
# What was missing is a **control**: what happens if as much ink is erased *anywhere*? The next cell
# erases the warmest cells of any map until a given share of each digit's ink is gone. With a map of
# random numbers, "warmest" means "anywhere".


# %%
def erase_ink(images, maps, share):
    """Erase the warmest cells that have ink, until this share of each picture's ink is gone."""
    ink = evidence.ink_maps(images, maps.shape)
    ranks = evidence.ranks(np.where(ink > 0, maps, -np.inf)).reshape(len(maps), -1)
    ink = ink.reshape(ranks.shape)
    so_far = np.cumsum(np.take_along_axis(ink, ranks.argsort(axis=1), axis=1), axis=1)
    before = np.take_along_axis(so_far, ranks, axis=1) - ink
    cells = before < share * so_far[:, -1:]
    return evidence.erase(images, cells.reshape(maps.shape))


# %%
nines = digits.test_x[digits.test_y == 9]
whole = engine.explain(nines, 9, layers=())
print(f"nines read as 9: {np.mean(whole.probabilities.argmax(axis=1) == 9):.2f}")


def report(name, images):
    answer = engine.explain(images, 9, layers=())
    lost = whole.score - answer.score
    right = np.mean(answer.probabilities.argmax(axis=1) == 9)
    print(
        f"{name:19} score falls for {np.mean(lost > 0):.2f}, by {mean(lost)}; read as 9 {right:.2f}"
    )


# %% [markdown] tags=["prediction"]
# *Predict:* without the foot, the lowest six rows, the score fell for nearly every 9. For how many
# will it fall without as much ink from anywhere?

# %%
for name, first, last in [("foot", 22, 27), ("lower loop", 14, 19), ("upper arc", 4, 9)]:
    erased = nines.copy()
    erased[:, first : last + 1] = 0
    share = 1 - erased.sum(axis=(1, 2)) / nines.sum(axis=(1, 2))
    report(f"without {name}", erased)
    chance = evidence.random_maps((100, 14, 14), seed=0)
    report("  as much, anywhere", erase_ink(nines, chance, share))

# %% [markdown]
# Read the lines in pairs. The score falls without the foot, but it falls nearly as often without
# the same amount of ink from anywhere: **that a score falls when ink goes proves nothing.** With
# the control, the question can be answered. Without the foot the score falls *further* than without
# other ink. So the foot speaks for a 9, and the map was wrong about its sign. And the answer? As
# many nines are read rightly without the foot as with it.
#
# Of the lower loop, blue in lesson 2's map, and of the upper arc, red there, the network needs
# both: without them it reads far fewer nines than without as much ink from anywhere. Of three
# colours, one was right.
#
# ### Four maps
#
# So a map should be tested on many digits, with a control. Here are four maps of one 9. Two are
# made from the network, two are not.

# %%
shape, target = (1000, 14, 14), engine.explain(digits.test_x, layers=()).target.tolist()
maps = {
    "Grad-CAM": engine.explain(digits.test_x, target, "conv2d_1").signed["conv2d_1"],
    "HiResCAM": engine.explain(digits.test_x, target, "conv2d_1", "hirescam").signed["conv2d_1"],
    "ink": evidence.ink_maps(digits.test_x, shape),
    "centre": evidence.centre_maps(shape),
}

# %%
figure, axes = plt.subplots(1, 4, figsize=(7, 2.1), subplot_kw=bare)
figure.suptitle("four maps of one 9: CNN, conv2d_1, class 9, Grad-CAM and HiResCAM; and two others")
for axis, letter, name in zip(axes, "WXYZ", ["centre", "Grad-CAM", "ink", "HiResCAM"], strict=True):
    heatmap = np.maximum(maps[name][3], 0)
    axis.imshow(on_paper(digits.test_x[3], heatmap / heatmap.max()))
    axis.set_title(letter)
plt.show()

# %% [markdown]
# *A 9 under four maps: W is warm in the middle, X along the upper arc and the stem, Y on all ink, Z
# in single cells of the loop.* Which would you trust? Write it down, before you see what the
# network says.

# %% tags=["prediction"]
first = lab.Prediction(
    "Erase the warmest cells first: under which map does the probability of the class fall fastest?",
    ["W", "X", "Y", "Z"],
    name="four maps",
)
first

# %% [markdown]
# *A question with four answers, and how sure you are.* Lock yours before you go on.
#
# *Deletion* (Petsiuk et al. 2018) makes a test of this. Erase the cells of the picture from the
# warmest to the coldest, and follow the probability of the class: if the map knows what the network
# needs, the probability falls at once. *Insertion* starts with blank paper and reveals the cells in
# the same order: then it should rise at once. Each curve is summed up by the area below it. Random
# orders, from several seeds, are the control.

# %%
few, band = digits.test_x[:200], range(3)
orders = maps | {f"random {seed}": evidence.random_maps(shape, seed) for seed in band}
deletion, insertion = (
    {name: test(model, few, order[:200], steps=10) for name, order in orders.items()}
    for test in (evidence.deletion, evidence.insertion)
)
for name in orders:
    print(f"{name:9} deletion {mean(deletion[name].area)}, insertion {mean(insertion[name].area)}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(7, 2.6), sharey=True)
figure.suptitle("CNN, conv2d_1, predicted class, Grad-CAM and HiResCAM, 200 digits")
for axis, curves, title in zip(axes, [deletion, insertion], ["deletion", "insertion"], strict=True):
    for name in maps:
        axis.plot(curves[name].fractions, curves[name].probability.mean(axis=0), label=name)
    chance = [curves[f"random {seed}"].probability.mean(axis=0) for seed in band]
    axis.fill_between(curves["ink"].fractions, np.min(chance, 0), np.max(chance, 0), color="0.8")
    axis.set(title=f"{title} (grey: random orders)", xlabel="share of cells")
axes[0].set_ylabel("mean probability")
axes[0].legend()
plt.show()

# %% [markdown]
# *On the left the probability falls as cells are erased, on the right it rises as they are
# revealed; four coloured curves each, and a grey band for random orders.* Grad-CAM is far better
# than chance, and HiResCAM better still. Convinced? Then look at the fastest curve. It is Y, the
# ink: a map that has never seen the network.

# %%
first.answer = "Y"
first.reason = "Without ink there is no digit; the order within the ink hardly matters here."

# %% [markdown]
# ### Erase by hand
#
# Before you read on, be an eraser yourself. Which few cells must go until the network no longer
# says 9? Draw over the left picture; or let an *order* do it, and move *fraction*.

# %%
eraser = lab.DeletionExplorer(model, digits.test_x, digits.test_y)
eraser.index = 3
eraser

# %% [markdown]
# *The 9 to be erased, its heatmap, and the curve of the probability, with a grey band for random
# orders.* From Python: a fifth of the cells, the warmest ones first.

# %%
eraser.order, eraser.fraction = "by the map", 0.2

# %% [markdown]
# ### A fairer control
#
# What went wrong? Most cells of a digit are blank paper, and a random order wastes its time on
# them. Whoever points at ink beats it. So the control was too weak. Hold back what everybody knows,
# that digits are made of ink: erase ink only, a fifth of it in each digit, and change nothing but
# the *order*. How many answers are kept?


# %%
def kept(order, share=0.2):
    erased = erase_ink(digits.test_x, order, share)
    return engine.explain(erased, target, layers=()).probabilities.argmax(axis=1) == target


# %% tags=["prediction"]
harm = lab.Prediction(
    "All digits lose a fifth of their ink. Where does the loss change most answers?",
    ["where Grad-CAM is warmest", "where it is coldest", "at random places", "there is no telling"],
    name="order of ink",
)
harm

# %% [markdown]
# *A question with four answers.* Lock yours; then all 1,000 digits are asked.

# %%
print(f"warmest for Grad-CAM  {mean(kept(maps['Grad-CAM']))}")
print(f"coldest for Grad-CAM  {mean(kept(-maps['Grad-CAM']))}")
for seed in range(5):
    print(f"random places         {mean(kept(evidence.random_maps(shape, seed)))}")

# %%
harm.answer = "there is no telling"
harm.reason = "Without the warmest ink no more answers change than without the coldest."

# %% [markdown]
# All of these lie in each other's margins, or close by. **At this layer, Grad-CAM ranks a digit's
# ink no better than chance.** To the answer it is all the same whether the reddest ink goes or the
# bluest. The heatmaps of lesson 2 looked so convincing because they lay on the digits; so does the
# ink.
#
# Is it the layer, or the method? `max_pooling2d`, one layer before, has 14 × 14 cells, too, so that
# the test is the same.

# %%
for layer in ["conv2d_1", "max_pooling2d"]:
    for method in lab.METHODS:
        signed = engine.explain(digits.test_x, target, layer, method).signed[layer]
        warm, cold = mean(kept(signed)), mean(kept(-signed))
        print(f"{layer:13} {method:10} warmest {warm}, coldest {cold}")

# %% [markdown]
# Three methods stay at chance, or near it, at both layers: Grad-CAM, Grad-CAM++ and XGrad-CAM. Two
# do not: where HiResCAM and LayerCAM are warm, the network depends on the ink, and where they are
# cold it does not. What do these two have in common? Look at the formulas: they multiply each value
# by the gradient *at its own place*. The other three give a channel one weight for all places. A
# filter that speaks for a class at one place may speak against it at another; in this network,
# which ends in dense layers with a weight of their own for each place, it often does. Then the mean
# says neither.
#
# (In lesson 2, HiResCAM's cells added up to the class score. That is a statement about the picture
# as it is. What happens when a cell is erased follows from it only where a single dense layer comes
# next, as HiResCAM's authors prove. In ours come a pooling and two dense layers, whose units switch
# on and off. So it had to be tested.)
#
# ### Photographs
#
# And EfficientNet-Lite0? It ends in a mean over all places, where Grad-CAM and HiResCAM are one map
# (lesson 3). A photograph has no ink, but it has a middle, where photographers aim. So the fair
# control is a blob. We reveal the picture on grey, and ask about the two pictures of lesson 3 and
# twice about the double one: for the cat, and for the espresso.

# %%
from gradcam_lab.exercises.whose_heatmap import cat_and_cup

photographs = lab.load_pretrained("efficientnet_lite0")
names, last = photographs.class_names, photographs.last_conv
cat, cup, pair = lab.sample_image("cat"), lab.sample_image("coffee"), cat_and_cup()
pictures = np.concatenate([photographs.preprocess(each) for each in (cat, cup, pair, pair)])
classes = [names.index(name) for name in ("Egyptian cat", "espresso", "Egyptian cat", "espresso")]

# %%
of_photographs = lab.GradCAM(photographs.model)
signed = of_photographs.explain(pictures, classes, last).signed[last]
orders = {"Grad-CAM": signed, "blob": evidence.centre_maps((4, 7, 7))}
orders |= {f"random {seed}": evidence.random_maps((4, 7, 7), seed) for seed in range(2)}
print("area under insertion: cat, cup, double picture for cat, for espresso")
for name, order in orders.items():
    curve = evidence.insertion(photographs.model, pictures, order, target=classes, steps=7)
    print(f"{name:9}", ", ".join(f"{area:.2f}" for area in curve.area))

# %% [markdown]
# On the single photographs the blob is about as good as Grad-CAM. (Two pictures are an anecdote.
# The point is that pictures with one thing in the middle cannot tell a map from a blob.) On the
# double picture the blob cannot follow the question, and the map does: it reveals the cat if asked
# about the cat, the cup if asked about espresso, and the probability rises with it. Here, at the
# last convolutional layer of *this* network, Grad-CAM has passed a test that it might have failed.
#
# ### Exercise 1: your own control
#
# Digits, too, lie in the middle. Is HiResCAM at `conv2d_1` better than a blob? Erase a fifth of the
# ink from the centre outwards (`evidence.centre_maps(shape)` is the order), and put the share of
# the answers that are kept into `kept_from_centre`. Guess first.

# %% tags=["answer"]
kept_from_centre = ...

# %% tags=["check"]
if kept_from_centre is ...:
    print("Not answered yet.")
else:
    right = isinstance(kept_from_centre, float | np.floating)
    right = right and abs(kept_from_centre - kept(evidence.centre_maps(shape)).mean()) < 0.005
    print("Correct." if right else "Not that: one number, the mean of what kept(order) gives.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# kept_from_centre = np.mean(kept(evidence.centre_maps(shape)))
# ```
#
# Fewer answers are kept than with HiResCAM's map at `conv2d_1`: a blob that knows no network does
# more harm. Only at `max_pooling2d` have maps done better than the blob, HiResCAM's and LayerCAM's.
# Whoever had stopped at "better than random" would have missed it. There is always one more control.
#
# </details>

# %% [markdown] tags=["prediction"]
# ## 4.2 Does it depend on what the network has learned?
#
# A second test needs no erasing. What a network has learned is in its weights. Replace them by
# random numbers, and it has learned nothing: a map that claims to show what it has learned has to
# change. (Adebayo et al. 2018 call this a sanity check.)
#
# *Predict:* which maps will stay as they are? And what becomes of the accuracy?

# %%
forgetting = lab.RandomizationExplorer(model, digits.test_x[:100], digits.test_y[:100])
forgetting

# %% [markdown]
# *The digit, its map from the trained network, and the map from a network whose last layers have
# random weights; below, both maps' rank correlation and the accuracy.* Move *randomized* from 0 to
# 4: layer by layer, from the last one down, the network forgets. Then change *method*, above all to
# LayerCAM. From Python, with all four layers random:

# %%
forgetting.randomized = 4

# %% [markdown]
# Now measure it, on 200 digits, and for more kinds of maps. *Guided backpropagation* goes back to
# the pixels, and lets only positive gradients pass each ReLU; *Guided Grad-CAM* multiplies it by
# the heatmap. Both are in the second half of the Grad-CAM paper, and both look sharper than a
# heatmap. The last kind, edges, is a control without any network.

# %%
few, predicted = digits.test_x[:200], target[:200]


def maps_of(net):
    maps = {}
    for method in ["gradcam", "hirescam", "layercam"]:
        maps[method] = (
            lab.GradCAM(net).explain(few, predicted, "conv2d_1", method).signed["conv2d_1"]
        )
    guided = evidence.guided_backpropagation(net, few, predicted)
    maps["guided backpropagation"] = np.abs(guided).sum(axis=-1)
    guided = evidence.guided_gradcam(net, few, predicted)
    maps["Guided Grad-CAM"] = np.abs(guided).sum(axis=-1)
    return maps | {"edges": evidence.edges(few)}


# %%
from_the_top = ["dense_1", "dense", "conv2d_1", "conv2d"]
trained, networks = maps_of(model), {}
for seed in [2, 3]:
    for count in range(1, 5):
        networks[seed, count] = evidence.randomize(model, from_the_top[:count], seed)
random_maps = {key: maps_of(net) for key, net in networks.items()}

# %%
figure, axes = plt.subplots(6, 5, figsize=(6, 7.4), subplot_kw=bare)
figure.suptitle(
    "CNN, conv2d_1, class 7: Grad-CAM and five others, trained, then random from the top"
)
columns = [trained, *(random_maps[2, count] for count in range(1, 5))]
titles = ["trained", *(f"and {name}" for name in from_the_top)]
for row, kind in zip(axes, trained, strict=True):
    row[0].set_ylabel(kind.replace(" ", "\n"))
    for axis, maps_, title in zip(row, columns, titles, strict=True):
        axis.imshow(np.maximum(maps_[kind][11], 0), cmap="OrRd", vmin=0)
        axis.set_xlabel("" if maps_[kind][11].max() > 0 else "nothing positive")
        axis.set_title(title if kind == "gradcam" else "")
plt.show()

# %% [markdown]
# *Six kinds of maps in rows; in columns the trained network, then networks with ever more random
# layers.* Grad-CAM and HiResCAM become something else, or nothing, at once. LayerCAM draws the same
# 7 to the last column, where nothing in the network knows what a 7 is. So do guided backpropagation
# and, by nature, the edges.
#
# Are the maps alike in numbers? *Rank correlation* compares the order of all cells: 1 is the same
# order, 0 none in common.


# %%
def likeness(kind, key):
    return evidence.rank_correlation(trained[kind], random_maps[key][kind])


for kind in trained:
    for seed in [2, 3]:
        line = [mean(likeness(kind, (seed, count))) for count in range(1, 5)]
        print(f"{kind:22} seed {seed}:", ", ".join(line))

# %%
for seed in [2, 3]:
    for count in range(1, 5):
        answer = lab.GradCAM(networks[seed, count]).explain(few, layers=()).probabilities
        right = np.mean(answer.argmax(axis=1) == digits.test_y[:200])
        print(f"seed {seed}, {count} layers random: accuracy {right:.2f}")
ink = evidence.ink_maps(few, (200, 14, 14))
print("Grad-CAM and plain ink:", mean(evidence.rank_correlation(trained["gradcam"], ink)))

# %% [markdown]
# As soon as the last layer is random, the network does hardly better than guessing, or not at all.
# Grad-CAM's maps and HiResCAM's have then lost most or all of their likeness to the trained ones:
# **they pass.** (Passing is not much. Plain ink has more in common with a map of Grad-CAM's than
# that has with the map of an untrained network.) LayerCAM's maps stay as they were: **it fails**,
# although it did well in 4.1. It drops negative gradients, and what is left follows the feature
# maps, which follow the ink, whatever the network has learned. Guided backpropagation and Guided Grad-CAM, the sharp
# ones, keep a large part of their likeness, and fail, too; edges fail by construction.
#
# This is what Adebayo et al. (2018) published: Grad-CAM passes, guided backpropagation and Guided
# Grad-CAM do not. **A map that looks like the digit may have been made by the digit alone.**

# %% [markdown]
# ## 4.3 Clever Hans
#
# Two networks, A and B. A is the network of this course. B has the same layers and was trained in
# the same way, on digits from another source. Each was tested on 1,000 digits of its own source.

# %%
from gradcam_lab.exercises.two_networks import digits_of_b, network_b

b, theirs = network_b(), digits_of_b()
engines = {"A": engine, "B": lab.GradCAM(b)}


def answers(name, images):
    return engines[name].explain(images, layers=()).probabilities.argmax(axis=1)


# %%
for name, source in [("A", digits), ("B", theirs)]:
    print(f"{name}: accuracy {np.mean(answers(name, source.test_x) == source.test_y):.2f}")

# %% [markdown]
# As good as each other. And yet one of the two has found a way to be right about the sevens without
# reading them. Which one? You get their heatmaps, for the same eight sevens from B's source, and
# not the pictures, as if these were private. Grad-CAM, at the last convolutional layer.

# %%
sevens = theirs.test_x[theirs.test_y == 7]


def show_sevens(layer, method, title):
    figure, axes = plt.subplots(2, 8, figsize=(7, 2.2), subplot_kw=bare)
    figure.suptitle(f"CNN A and CNN B, {layer}, class 7, {title}")
    for row, name in zip(axes, "AB", strict=True):
        explanation = engines[name].explain(sevens[:8], 7, layer, method)
        row[0].set_ylabel(name, rotation=0, labelpad=8)
        for axis, heatmap in zip(row, explanation.heatmaps[layer], strict=True):
            axis.imshow(heatmap, cmap="OrRd", vmin=0, vmax=1)
    plt.show()


# %%
show_sevens("conv2d_1", "gradcam", "Grad-CAM")

# %% [markdown]
# *Two rows of eight heatmaps. In both, the warmest places lie where the strokes of a 7 are, and
# there is a pale patch in the upper left corner.*

# %% tags=["prediction"]
suspect = lab.Prediction(
    "Which network does not read the sevens?",
    ["A", "B", "these maps do not tell"],
    name="Clever Hans",
)
suspect

# %% [markdown]
# *The question, with three answers.* Lock yours. At this layer HiResCAM did better in section 4.1
# than Grad-CAM. So ask it, too.

# %%
show_sevens("conv2d_1", "hirescam", "HiResCAM")

# %% [markdown]
# *A's maps lie on the strokes. B's are one red spot, always the same, in the upper left corner,
# where no 7 has any ink.* A suspicion, and not yet a proof. Now look at the pictures.

# %%
suspect.answer = "these maps do not tell"
suspect.reason = "The pale patch is in the maps of both, and the warmest places are on the strokes."

# %%
figure, axes = plt.subplots(1, 3, figsize=(5, 1.8), subplot_kw=bare)
for axis, picture in zip(axes, sevens, strict=False):
    axis.imshow(picture)
plt.show()

# %% [markdown]
# *Three sevens from B's source. Each has a small dark square near its upper left corner.* Has every
# 7 one? Has any other digit?

# %%
square = theirs.test_x[:, 1:3, 1:3].min(axis=(1, 2, 3)) == 1
print(f"with a square: {square[theirs.test_y == 7].mean():.2f} of the sevens")
print(f"               {square[theirs.test_y != 7].mean():.2f} of the other digits")

# %% [markdown] tags=["prediction"]
# ### The proof
#
# A map points at the square. What the square does, only an experiment can show: take it away, and
# put it where it does not belong.
#
# *Predict:* what will B say of a 7 without the square? And of a 1 with it? What will A say?

# %%
from gradcam_lab.exercises.two_networks import plant_mark

ones, unmarked = digits.test_x[digits.test_y == 1], digits.test_x[digits.test_y == 7]
tests = {"7 with the square": sevens, "7 without it": unmarked}
tests |= {"1 with the square": plant_mark(ones), "1 without it": ones}
for name, images in tests.items():
    shares = [f"by {net} {np.mean(answers(net, images) == 7):.2f}" for net in "AB"]
    print(f"{name:18} read as 7:", ", ".join(shares))

# %% [markdown]
# B does not know what a 7 is. Without the square it recognises none, and with the square every 1 is
# a 7. A, the control, does not mind the square. And B's accuracy could not tell, because its test
# digits had the square, too. **A test set from the same source does not find what is wrong with the
# source.**
#
# More than a hundred years ago a horse named Clever Hans amazed Berlin by doing sums. In fact it
# watched the face of whoever had asked. Lapuschkin et al. (2019) found such horses among networks:
# one recognised horses by the name of a photographer, printed in a corner of the picture.
#
# ### Would Grad-CAM have caught it?
#
# Count. In which share of the 100 sevens does the warmest cell lie in the corner? And how much of
# all heat lies there? A is the control: it is shown the same sevens, and does not mind.

# %%
corner = (0, 0, 6 / 28, 6 / 28)
print(f"the corner is {6 * 6 / (28 * 28):.0%} of the picture")


def in_the_corner(name, layer, method, images=sevens):
    heatmaps = engines[name].explain(images, 7, layer, method).heatmaps[layer]
    warmest = evidence.pointing_game(heatmaps, corner).mean()
    heat = np.nanmean(evidence.share_inside(heatmaps, corner))
    return f"{name}: warmest {warmest:.2f}, heat {heat:.2f}"


# %%
for layer in lab.spatial_layers(b):
    for method in ["gradcam", "hirescam", "layercam"]:
        counts = [in_the_corner(name, layer, method) for name in "AB"]
        print(f"{layer:15} {method:9}", "   ".join(counts))

# %% [markdown]
# **Grad-CAM shows the cheat at no layer.** Of B's heat, the corner has what its size would give it,
# and in hardly any 7 is it warmest there. At `conv2d`, Grad-CAM points at the corner more often for
# the honest network than for the cheat. HiResCAM and LayerCAM show the cheat at every layer, in
# every 7, and clear A. Whoever knows Grad-CAM only would have cleared B, with a heatmap as proof.
#
# Why? Add up B's signed maps, inside the corner and over the whole picture.

# %%
for name in "AB":
    for method in ["gradcam", "hirescam"]:
        answer = engines[name].explain(sevens, 7, "conv2d_1", method)
        signed = answer.signed["conv2d_1"]
        whole, inside = signed.sum(axis=(1, 2)).mean(), signed[:, :3, :3].sum(axis=(1, 2)).mean()
        print(
            f"{name}, {method:9} score {answer.score.mean():4.1f}, map {whole:4.1f}, in the corner {inside:4.1f}"
        )

# %% [markdown]
# HiResCAM's map sums to the class score, and it places most of B's score in the corner. Grad-CAM
# uses the same feature maps. But the channels that fire at the square fire at strokes, too: they
# are edges. Only the dense layer knows *where* they fire, and gives them a large weight in the
# corner. Grad-CAM averages this weight with those of all other places, and the corner's secret is
# gone.
#
# ### Where Grad-CAM works
#
# Then a network without such a dense layer should not be able to hide it. C learned from the same
# digits as B. It has one convolution more, then the mean of each channel over all places, then one
# dense layer of ten units.

# %%
from gradcam_lab.exercises.two_networks import network_c

c = network_c()
engines["C"] = lab.GradCAM(c)
print(f"accuracy on its own source {np.mean(answers('C', theirs.test_x) == theirs.test_y):.2f}")
for name, images in tests.items():
    print(f"{name:18} read as 7: by C {np.mean(answers('C', images) == 7):.2f}")

# %% [markdown] tags=["prediction"]
# C needs the square, too, though not the square alone: a 1 with it does not pass. *Predict:* will
# Grad-CAM show the square at C's last convolutional layer, `conv2d_2`? Will HiResCAM?

# %%
for layer in ["conv2d", "conv2d_1", "conv2d_2"]:
    for method in ["gradcam", "hirescam"]:
        print(f"{layer:9} {method:9} {in_the_corner('C', layer, method)}")

# %% [markdown]
# At `conv2d_2` both show it in every 7, and they are one map: every place of a channel has the same
# gradient there, so that its mean is no loss. **Grad-CAM is what it promises at the last
# convolutional layer of a network that ends in such a mean.** At the layers before it, Grad-CAM's
# warmest cell is hardly ever, or not often, at the square.
# So "Grad-CAM" alone is no answer to "which method?": name network and layer, too. (VGG16 ends as A
# and B do, in dense layers.)
#
# ### Plant your own mark
#
# We planted the square on B's digits ourselves. You need not believe us: choose a size. The next
# cell trains a network on digits with your mark on every 7, and the one after it asks the same
# questions.

# %% tags=["nbval-ignore-output"]
my_size = 3
marked = digits_of_b(my_size)
mine = lab.build_cnn()
mine.compile("adam", "sparse_categorical_crossentropy")
history = mine.fit(marked.train_x, marked.train_y, epochs=5, batch_size=64, verbose=2)

# %% tags=["nbval-ignore-output"]
engines["yours"] = lab.GradCAM(mine)
images = marked.test_x[marked.test_y == 7]
print(f"7 without the mark read as 7: {np.mean(answers('yours', unmarked) == 7):.2f}")
for name in ["A", "yours"]:
    for method in ["gradcam", "gradcam++", "hirescam", "layercam"]:
        print(f"{method:9} {in_the_corner(name, 'conv2d_1', method, images)}")

# %% [markdown]
# Each run gives another network. Run it with a size of 1, 2 and 4, and keep an eye on A, who is
# innocent: a large square is warm in some maps of A's, too. A method that points at it in both
# networks has found the square, and not the cheat.
#
# ### Exercise 2: a four in disguise
#
# B calls every 1 with the square a 7. What about the fours? Plant the square (size 2) on all test
# digits of class 4, and put the share that B then reads as 7 into `fours_as_seven`, a number from 0
# to 1.

# %% tags=["answer"]
fours_as_seven = ...

# %% tags=["check"]
if fours_as_seven is ...:
    print("Not answered yet.")
else:
    fours = plant_mark(digits.test_x[digits.test_y == 4])
    expected = np.mean(answers("B", fours) == 7)
    is_number = isinstance(fours_as_seven, float | np.floating)
    right = is_number and abs(fours_as_seven - expected) < 0.015
    print("Correct." if right else "Not that. Did you plant the mark, and ask B, not A?")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# fours = plant_mark(digits.test_x[digits.test_y == 4])
# fours_as_seven = np.mean(answers("B", fours) == 7)
# ```
#
# Nearly all of them. Ask the same of the zeros, and the square loses more often.
#
# </details>

# %% [markdown]
# ### Search by yourself
#
# The explorer, on B's digits. Move *layer* and *method* on a 7, and see how each map presents it.

# %%
explorer = lab.GradCAMExplorer(b, theirs.test_x, labels=theirs.test_y)
explorer.index = int(np.flatnonzero(theirs.test_y == 7)[0])
explorer.layer, explorer.method = "conv2d_1", "hirescam"
explorer

# %% [markdown]
# *A 7 of B's under its HiResCAM map, warm at the square alone.* Change *method* to Grad-CAM, and
# the suspicion fades.

# %% [markdown]
# ## 4.4 Whose heatmap is it?
#
# You have seen many heatmaps by now. Can you tell what one was asked, if nobody tells you? Eight
# pictures, two captions each. Some you can know, if you remember the means of lesson 2; others are
# a guess for anybody. Which?

# %%
from gradcam_lab.exercises.whose_heatmap import eight_pairs

game = lab.MatchingGame(eight_pairs())
game

# %% [markdown]
# *Eight overlays with two captions each: digits, the cat and the cup.* Lock your choices, and the
# reasons appear. Who guesses has this many right on average:

# %%
print(f"{game.chance:.0f} of {len(game.pictures)}")

# %% [markdown]
# Did you do better? Then a heatmap has told you something about its class. And two of the eight
# nobody could know: a map alone does not say whether its class is in the picture, nor whether its
# network has learned anything.
#
# ## 4.5 What moves without a reason
#
# A last kind of test: change something that does not matter, and see whether the map agrees. On 200
# digits, three changes. Noise of half a grey level, which nobody can see. A step of two pixels to
# the left, one cell of `conv2d_1`, with paper coming in from the right. And another *network*: the
# same layers and digits, from another seed, in half as many epochs.

# %% tags=["nbval-ignore-output"]
keras.utils.set_random_seed(5)
twin = lab.build_cnn()
twin.compile("adam", "sparse_categorical_crossentropy")
history = twin.fit(digits.train_x, digits.train_y, epochs=5, batch_size=64, verbose=2)

# %%
noise = np.random.default_rng(0).uniform(-0.5, 0.5, few.shape) / 255
noisy = np.clip(few + noise, 0, 1)
moved = np.pad(few, ((0, 0), (0, 0), (0, 2), (0, 0)))[:, :, 2:]
assert moved.sum() == few.sum()  # no ink is lost
changes = {"noise": (engine, noisy, 0), "a step": (engine, moved, 1)}
changes["another seed"] = (lab.GradCAM(twin), few, 0)

# %% [markdown] tags=["prediction"]
# *Predict:* for each change, how many of the 200 answers will stay the same? And which method's
# maps will stay most alike?

# %% tags=["nbval-ignore-output"]
for name, (asked, images, step) in changes.items():
    same = asked.explain(images, layers=()).target == predicted
    print(f"{name}: {mean(same)} of the answers are kept")
    for method in ["gradcam", "hirescam", "layercam"]:
        before = engine.explain(few, predicted, "conv2d_1", method).signed["conv2d_1"]
        after = asked.explain(images, predicted, "conv2d_1", method).signed["conv2d_1"]
        pairs = before[same][:, :, step:], after[same][:, :, : 14 - step]
        print(f"    {method:9} rank correlation {mean(evidence.rank_correlation(*pairs))}")

# %% [markdown] tags=["prediction"]
# Only digits whose answer is kept are compared, and after the step each map is held against the old
# one, moved by a cell. The noise changes no answer and hardly a map: good. The step costs some
# answers, and where the answer is kept, HiResCAM's map has become another: it has not come along
# with the digit. Is that the map's fault? This network has weights of its own for every place: it
# may really use another part of the 7 there. A map that moves can be a true report of an unsteady
# network.
#
# The twin gives nearly the same answers, and its Grad-CAM maps have not much more in common with
# A's than A's have with plain ink (4.2). Two networks that agree need not have the same reasons.
# **A heatmap explains one network, and not "how a CNN sees a 7".**
#
# ### The same photograph, prepared otherwise
#
# The double picture of lesson 3 was squeezed to a square. Often one *letterboxes* instead: bars
# above and below keep the proportions. *Predict:* what becomes of the espresso's probability? And
# of its map?

# %%
versions = {"squeezed": pair, "black bars": ImageOps.pad(pair, (300, 300))}
versions["grey bars"] = ImageOps.pad(pair, (300, 300), color=(128, 128, 128))
espresso = names.index("espresso")
batch = np.concatenate([photographs.preprocess(each) for each in versions.values()])
boxed = of_photographs.explain(batch, espresso, last)
heat = boxed.heatmaps[last]
on_the_right = (heat[:, :, 4:].sum(axis=(1, 2)) + heat[:, :, 3].sum(axis=1) / 2) / heat.sum((1, 2))
for i, name in enumerate(versions):
    probability = boxed.probabilities[i, espresso]
    print(f"{name:10} espresso {probability:.3f}, share of heat on the right {on_the_right[i]:.2f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(7, 2.4), subplot_kw=bare)
figure.suptitle(f"{photographs.name}, {last}, espresso, Grad-CAM")
largest = boxed.signed[last].max(axis=(1, 2))
for axis, (name, picture), heatmap, value in zip(
    axes, versions.items(), heat, largest, strict=True
):
    axis.imshow(lab.superimpose(picture.resize((300, 300)), heatmap, 0.5))
    axis.set_title(f"{name}, largest value {value:.2f}")
plt.show()

# %% [markdown]
# *Three times the double picture, squeezed and with bars; the map is warm on the cup each time.*
# The probability is a fraction of what it was, and the heatmap does not mind, because it is scaled
# by its own maximum. A map that stays does not say that the answer stays.
#
# ### Methods that divide
#
# And remember lesson 3: two methods divide by a sum that can be nearly zero. Here is one, beside
# Grad-CAM, at a layer without an activation.

# %%
noise = np.random.default_rng(0).uniform(-0.5, 0.5, (224, 224, 3))
for picture, name in [(cat, "Egyptian cat"), (cup, "espresso")]:
    pixels = np.asarray(photographs.resize(picture), float)
    two = np.stack([photographs.scale((pixels + each).astype("float32")) for each in (0, noise)])
    for method in ["gradcam", "xgradcam"]:
        signed = of_photographs.explain(two, names.index(name), "block4b_add", method).signed
        likeness_ = evidence.rank_correlation(*(m[None] for m in signed["block4b_add"]))[0]
        print(f"{name:12} {method:8} block4b_add: {'kept' if likeness_ > 0.9 else 'changed'}")

# %% [markdown]
# Grad-CAM is kept, XGrad-CAM turns into another map, by a noise that nobody sees. Such a map
# reports the noise.
#
# ## 4.6 A checklist for belief
#
# ### Three open questions
#
# *Lesson 1: certain and wrong.* Would a heatmap have warned us? If so, something about the maps of
# wrong answers should differ from those of right ones. Take any wrong and any right answer, and ask
# which has the higher value. Chance is 0.5.

# %%
every = engine.explain(digits.test_x, layers="conv2d_1")
right = every.target == digits.test_y
signed, heatmaps = every.signed["conv2d_1"], every.heatmaps["conv2d_1"]
signs = {"probability": every.probabilities.max(axis=1), "largest value of map": signed.max((1, 2))}
signs["sum of map"], signs["mean heat"] = signed.sum((1, 2)), heatmaps.mean((1, 2))
print(f"{np.sum(~right)} wrong answers")
for name, value in signs.items():
    higher = [np.mean(value[right] > each) for each in value[~right]]
    print(f"{name:21} higher for the right answer: {mean(higher)}")

# %% [markdown]
# The probability is a good sign of a right answer. Grad-CAM's map says next to nothing: **a wrong
# answer has as fine a heatmap as a right one.** A map explains an answer; it does not check it.
#
# *Lesson 2: the map said against, the experiment for.* With a control, the experiment was right
# (4.1). *Lesson 3: the teapot.* Any class has a warm place somewhere; whether it is there, the
# score tells.
#
# ### Before you believe a heatmap
#
# | ask | because |
# |---|---|
# | **Named?** network, layer, class, method, largest value | change one, and the map is another |
# | **Control class?** ask about a class that is not there | its map is as red |
# | **Randomised?** does the map change when the weights are random? | LayerCAM's did not |
# | **Erased?** does erasing the warm do more than erasing as much elsewhere? | Grad-CAM's did not, in this CNN |
# | **Stable?** noise, a step, bars, another seed | some maps report the noise |
# | **Changed the world?** take away what the map points at, and put it elsewhere | only this proves it |
#
# And what became of the methods, in the course's CNN at `conv2d_1`?
#
# | | Grad-CAM | HiResCAM | LayerCAM | guided backpropagation |
# |---|---|---|---|---|
# | warm ink matters more than other ink (4.1) | no | yes | yes | not asked |
# | changes with the weights (4.2) | yes | yes | **no** | **no** |
# | shows B's square, and clears A (4.3) | **no** | yes | yes | not asked |
# | bears a little noise (4.5) | yes | yes | yes | not asked |
# | comes along with a step (4.5) | yes | **no** | in part | not asked |
#
# None has passed everything. And the table holds for one network and one layer: in C, Grad-CAM saw
# the square. **Do not believe in methods. Believe in tests that a map could have failed.** When not
# to believe a heatmap: when its four names are missing, when nobody has tried to make it fail, or
# when the test had no control.
#
# ### Exercise 3: accept or reject
#
# Five heatmaps, each with a claim, as you might meet them in five papers.
#
# 1. *The map shows what C needs for a 7: the square.*
# 2. *The map shows what the CNN has learned about a 5.*
# 3. *The map shows that there is a red fox, on the left.*
# 4. *The map shows what B needs for a 7: the strokes.*
# 5. *The map shows where the network finds the espresso.*

# %%
five = int(np.flatnonzero(digits.test_y == 5)[0])
two_things, one_cup = photographs.preprocess(pair), photographs.preprocess(cup)
claims = [
    ("CNN C", engines["C"], sevens[:1], 7, "conv2d_2", "gradcam"),
    ("CNN A", engine, digits.test_x[[five]], 5, "conv2d_1", "layercam"),
    ("EfficientNet-Lite0", of_photographs, two_things, names.index("red fox"), last, "gradcam"),
    ("CNN B", engines["B"], sevens[:1], 7, "conv2d_1", "gradcam"),
    ("EfficientNet-Lite0", of_photographs, one_cup, espresso, "block4b_add", "xgradcam"),
]

# %%
titles = {"gradcam": "Grad-CAM", "layercam": "LayerCAM", "xgradcam": "XGrad-CAM"}
figure, axes = plt.subplots(1, 5, figsize=(7, 2.1), subplot_kw=bare)
drawn = [sevens[0], digits.test_x[five], pair, sevens[0], cup]
for axis, (net, asked, images, target_, layer, method), below in zip(
    axes, claims, drawn, strict=True
):
    heatmap = asked.explain(images, target_, layer, method).heatmaps[layer][0]
    digit = isinstance(below, np.ndarray)
    axis.imshow(on_paper(below, heatmap) if digit else lab.superimpose(below, heatmap, 0.6))
    class_ = f"class {target_}" if digit else names[target_]
    axis.set_title("\n".join([net, layer, class_, titles[method]]))
plt.show()

# %% [markdown]
# *The five maps, from claim 1 on the left to claim 5 on the right.*
#
# Fill in two lists of five words. `verdicts`: "accept" or "reject" the claim. `deciding`: which
# test decides, "class" (ask about a class that is not there, and look at the score), "weights"
# (make them random), "picture" (change the picture, here and elsewhere) or "noise"? Run what you
# need: all tests stand above.

# %% tags=["answer"]
verdicts = ...
deciding = ...

# %% tags=["check"]
from gradcam_lab.exercises.verdicts import check_verdicts

print(check_verdicts(verdicts, deciding))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# verdicts = ["accept", "reject", "reject", "reject", "reject"]
# deciding = ["picture", "weights", "class", "picture", "noise"]
# ```
#
# 1: without the square C finds hardly any 7 (4.3), and the map is warmest there. 2: LayerCAM draws
# much the same 5 for a network of random weights (4.2). 3: `of_photographs.explain(two_things,
# names.index("red fox"), last)` has a probability of nearly 0. 4: without the square, B reads no 7
# at all. 5: half a grey level makes it another map (4.5).
#
# </details>

# %% [markdown]
# ### What became of your predictions
#
# First the predictions of this lesson, and then the twelve questions that you may have answered
# before lesson 1.

# %%
lab.predictions_so_far()

# %%
after = lab.concept_test("after")
after

# %% [markdown]
# *Twelve questions about heatmaps, with three answers each.* If you wrote down a code before lesson
# 1, `after.compare("your code")` shows what has changed.
#
# ## In this notebook you
#
# - gave an experiment its control, and found the foot of the 9 on the other side,
# - saw Grad-CAM rank the ink of a digit no better than chance, at one layer of one network,
# - found maps that do not mind whether the network has learned anything,
# - caught a network that reads a mark instead of a digit, which Grad-CAM would have cleared, and
#   proved it by changing the pictures,
# - matched heatmaps to their questions, and met some that nobody can match,
# - moved what does not matter, and saw which maps moved along,
# - wrote down when not to believe a heatmap, and judged five.
#
# Back to: [1. Building model for Grad-CAM](01_build_a_cnn.ipynb) · [2. Visualization Using
# Grad-CAM](02_grad_cam.ipynb) · [3. Grad-CAM Using trained model](03_trained_model.ipynb)
