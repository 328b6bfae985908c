# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. Visualization Using Grad-CAM
#
# A network says "9", and is right. But *why* 9? Grad-CAM (Selvaraju et al. 2017) answers with a
# picture: a heatmap, warm where the digit speaks for the answer, by Grad-CAM's account. In this
# lesson you derive that account one quantity at a time, work one out by hand, and let it explain
# digits until you know what it can tell you and what it cannot.
#
# **After this lesson you can**
#
# - derive a Grad-CAM heatmap from feature maps and gradients, by hand if need be, and give the
#   shape of every quantity on the way,
# - choose a layer and a class score, and say what the choice does to the heatmap,
# - read a heatmap with care, also when it is blank.
#
# **Time:** 90 minutes. No internet is used. Lesson 1 is useful but not needed: a trained network is
# at hand.

# %% [markdown]
# ## 2.1 Model summary
#
# Keras and TensorFlow come by way of `gradcam_lab`, which keeps their start-up messages out of the
# notebook.

# %%
import gradcam_lab as lab

import matplotlib.pyplot as plt
import numpy as np
from gradcam_lab import keras, tensorflow as tf
from gradcam_lab.exercises.by_hand import check_by_hand, print_side_by_side
from gradcam_lab.widgets.drawing import to_digit
from PIL import Image

# %% [markdown]
# All lessons draw their figures in one style, dark ink on white paper. Pictures need no numbers
# along their sides.

# %%
plt.style.use("gradcam_lab.assets.lesson")
lab.set_language("en")
bare = {"xticks": [], "yticks": []}

# %% [markdown]
# The package ships the network of lesson 1, trained on the same digits. If you have trained
# and saved your own, set `use_my_own` to `True`: your weights are loaded instead. What the text
# says about single digits and counts holds for the shipped network.

# %%
use_my_own = False
model = lab.trained_cnn()
if use_my_own:
    model.set_weights(keras.saving.load_model("my_cnn.keras").get_weights())

# %%
digits = lab.load_mnist()
model.summary()

# %% [markdown]
# Two convolutions, each followed by a pooling, then two dense layers. The shapes in the middle
# column tell which layers have kept a *where*: those with four numbers (n, height, width,
# channels). The package lists them.

# %%
lab.spatial_layers(model)

# %% [markdown] tags=["prediction"]
# *Predict:* a heatmap has as many cells as the layer that it is made from. At which of these four
# layers is it finest? And which of the four knows most about *what* is in the picture?
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course's network is the same, layer by layer and parameter by parameter. Its weights are not:
# it was trained on other digits. The course takes Keras's MNIST, we take 4,000 digits that ship
# with the package, so that nothing has to be downloaded. An index therefore names another digit
# here than there. `lab.load_mnist(full=True)` downloads theirs.
#
# </details>

# %% [markdown]
# ## 2.2 Implementing Grad-CAM
#
# We explain one digit for one class at one layer: the *last convolutional layer*, the customary
# choice. It knows more about what is there than the first one does, and still knows it in 14 × 14
# cells.

# %%
index, target, layer_name = 3, 9, "conv2d_1"
image = digits.test_x[[index]]
print("picture", image.shape, "true class", digits.test_y[index])

# %% [markdown]
# `[[index]]`, with two brackets, keeps the batch axis: networks take batches, also batches of one.
#
# ### Step 1: feature maps
#
# A second model shares all weights with the first, and ends earlier. It gives the *feature maps* A
# of our layer, and also what enters the last dense layer, which step 2 needs.

# %%
last = model.get_layer("dense_1")
until_layer = keras.Model(model.inputs[0], [model.get_layer(layer_name).output, last.input])
feature_maps, hidden = until_layer(image)
print("feature maps A", feature_maps.shape)
print("hidden units  ", hidden.shape)

# %% [markdown]
# One picture, 14 × 14 places, 64 channels: 64 small pictures, each the answer of one filter. Here
# are the nine strongest.

# %%
strongest = np.argsort(-tf.reduce_sum(feature_maps, axis=(1, 2))[0])[:9]
figure, axes = plt.subplots(2, 5, figsize=(7, 3.3), subplot_kw=bare)
figure.suptitle(f"CNN, {layer_name}: feature maps of test digit {index}, before any class is named")
axes[0, 0].imshow(image[0])
axes[0, 0].set_title("the digit")
for axis, channel in zip(axes.flat[1:], strongest, strict=True):
    axis.imshow(feature_maps[0, :, :, channel])
    axis.set_title(f"channel {channel}, up to {tf.reduce_max(feature_maps[..., channel]):.1f}")
plt.show()

# %% [markdown]
# *First the digit, a 9; then nine feature maps, dark where a filter answers strongly.* Some filters
# answer all along the stroke, some only where it is horizontal, one mainly along the stem. None of
# the maps is "a 9": what makes the 9 is how the network weighs them. So which channels matter for
# class 9, and how much?
#
# ### Step 2: class score
#
# The network ends in softmax: it computes ten numbers, the *logits*, and turns them into
# probabilities. The number that we explain is the logit of a class, its *class score*. (Why not the
# probability? Section 2.3 shows it.)

# %%
logits = hidden @ last.kernel + last.bias
for digit in range(10):
    probability = tf.nn.softmax(logits)[0, digit]
    print(f"class {digit}: score {logits[0, digit]:5.1f}   probability {probability:.3f}")

# %% [markdown]
# Scores are on an open scale and may be negative. The largest one wins, here that of class 9. The
# *target*, the class to be explained, need not be the winner: we could ask about any of the ten.
#
# ### Step 3: gradients
#
# *If this one value of a feature map were a little larger, how much would the score of class 9
# grow?* That is the gradient of the score with respect to the feature maps, and TensorFlow computes
# it for all values at once: it records the calculation on a *tape* and then goes through it
# backwards.

# %%
with tf.GradientTape() as tape:
    feature_maps, hidden = until_layer(image)
    logits = hidden @ last.kernel + last.bias
    class_score = logits[:, target]

# %% [markdown] tags=["prediction"]
# *Predict:* which shape do the gradients have, if there is one for each value of each feature map?

# %%
gradients = tape.gradient(class_score, feature_maps)
print(f"gradients {gradients.shape}: {tf.size(gradients):,} numbers")

# %% [markdown]
# The same shape as the feature maps: one gradient for each of the 14 · 14 · 64 = 12,544 values. (A
# tape can be used once: to run this cell again, run the one with the tape first.)
#
# ### Step 4: weights α
#
# Grad-CAM gives each *channel* one weight: the mean of its gradients over all places (equation 1 of
# the paper),
#
# $$\alpha_k = \frac{1}{h' w'} \sum_{i,j} \frac{\partial y}{\partial A^k_{ij}}$$
#
# where $y$ is the class score and $A^k_{ij}$ the value of channel $k$ at place $(i, j)$.

# %%
weights = tf.reduce_mean(gradients, axis=(1, 2))
print("weights α", weights.shape)

# %%
plt.figure(figsize=(7, 2))
plt.bar(range(64), 1000 * weights[0], color=np.where(weights[0] > 0, "tab:red", "tab:blue"))
plt.axhline(0, color="0.3", linewidth=0.6)
plt.xlabel("channel k")
plt.ylabel("weight α, in thousandths")
plt.title(f"CNN, {layer_name}, class {target}, Grad-CAM: one weight for each channel")
plt.show()

# %% [markdown] tags=["prediction"]
# *64 bars, one a channel, some above zero (red) and some below (blue).* To Grad-CAM, a channel with
# a positive weight speaks for a 9 wherever it is active, and one with a negative weight against it.
#
# *Predict:* do the strongest channels of step 1 have the largest weights? And if a weight is near
# zero, are its gradients?

# %%
size = tf.reduce_mean(tf.abs(gradients), axis=(1, 2))
for k in strongest[:4]:
    print(f"channel {k:2}: α {1000 * weights[0, k]:4.1f}, mean size {1000 * size[0, k]:3.1f}")
kept = tf.reduce_sum(tf.abs(weights)) / tf.reduce_sum(size)
print(f"all channels: the mean keeps {kept:.2f} of the gradients' size")

# %% [markdown]
# In thousandths: the weights of the four strongest channels, and beside them how large their
# gradients are when signs are ignored. A channel may be strong in the picture and have a weight
# near zero, although its gradients are no smaller than the others': positive ones at some places
# and negative ones at others cancel in the mean. This is no exception. Over all channels, the mean
# keeps only a small part of the gradients. Remember that in 2.3.
#
# ### Step 5: signed map
#
# Now add up the 64 feature maps, each times its weight (equation 2 of the paper, still without its
# ReLU).

# %%
signed_map = tf.reduce_sum(weights[:, None, None, :] * feature_maps, axis=-1)
print("signed map", signed_map.shape)
print(f"from {tf.reduce_min(signed_map):.3f} to {tf.reduce_max(signed_map):.3f}")

# %% [markdown]
# `[:, None, None, :]` gives the weights the shape (1, 1, 1, 64), so that each one multiplies its
# whole feature map. The sum over the channels leaves one number for each place: positive where the
# channels that are active there have, on balance, positive weights, and negative where they have
# negative ones.
#
# ### Step 6: ReLU and scale
#
# Grad-CAM asks what speaks *for* the class. So negative values become 0 (that is ReLU), and the
# rest is divided by its maximum: a heatmap in [0, 1]. Where nothing is positive, there is nothing
# to divide by, and the heatmap stays zero.

# %%
positive = tf.nn.relu(signed_map)[0].numpy()
heatmap = positive / positive.max() if positive.max() > 0 else positive
print("heatmap", heatmap.shape, "from", heatmap.min(), "to", heatmap.max())

# %%
figure, axes = plt.subplots(1, 3, figsize=(7, 2.3), subplot_kw=bare)
figure.suptitle(f"CNN, {layer_name}, class {target}, Grad-CAM")
limit = np.abs(signed_map).max()
shown = [(image[0], "gray_r", 0, 1), (signed_map[0], "RdBu_r", -limit, limit)]
shown.append((heatmap, "OrRd", 0, 1))
for axis, title, what in zip(axes, ["the digit", "signed map", "heatmap"], shown, strict=True):
    pixels, colormap, low, high = what
    figure.colorbar(axis.imshow(pixels, cmap=colormap, vmin=low, vmax=high), shrink=0.9)
    axis.set_title(title)
plt.show()

# %% [markdown]
# *Left the 9, in the middle the signed map (red above zero, blue below), right the heatmap.* In
# this map the upper arc and the right side of the stem are positive. The lower stroke of the loop
# and the foot of the stem are negative, with the largest values of the whole map, as the bar beside
# it tells, and the heatmap shows nothing of them. ReLU has cut them off.
#
# Note what the colours do **not** say. Red means "the most in *this* picture": each heatmap is
# scaled by its own maximum, and so the colours of two heatmaps cannot be compared.
#
# ### Exercise 1: by hand
#
# Now you are the computer. A layer has two channels of 3 × 3 places. Here are its feature maps, and
# the gradients of a class score.

# %%
A = np.array([[[0, 2, 4], [0, 6, 2], [0, 4, 0]], [[6, 0, 0], [2, 2, 0], [0, 2, 4]]])
G = np.array([[[3, 0, -3], [3, 3, 0], [6, 3, 3]], [[-1, -2, 0], [-1, 1, -3], [0, -2, -1]]])
print_side_by_side(A, G)

# %% [markdown]
# Take paper and pencil. Enter the two weights α; then the signed map, three rows of three numbers;
# then the heatmap. Run the check after each of them: if something is wrong, it tries to name the
# slip.

# %% tags=["answer"]
my_weights = ...
my_signed_map = ...
my_heatmap = ...

# %% tags=["check"]
print(check_by_hand(A, G, weights=my_weights, signed_map=my_signed_map, heatmap=my_heatmap))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# my_weights = [2, -1]
# my_signed_map = [[-6, 4, 8], [-2, 10, 4], [0, 6, -4]]
# my_heatmap = [[0, 0.4, 0.8], [0, 1, 0.4], [0, 0.6, 0]]
# ```
#
# The gradients sum to 18 and −9, over nine places. In the upper left corner the signed map is 2 · 0
# − 1 · 6 = −6; in the centre 2 · 6 − 1 · 2 = 10, its largest value, by which the heatmap is divided.
#
# </details>

# %% [markdown]
# ### Exercise 2: by hand, another class
#
# The same feature maps, and the gradients of another class's score. Compute the heatmap.

# %%
of_channel_0 = [[0, -2, -1], [-3, 0, 0], [-1, 0, -2]]
of_channel_1 = [[4, -1, 0], [1, 0, -2], [-3, 0, 1]]
other_gradients = np.array([of_channel_0, of_channel_1])
print_side_by_side(A, other_gradients)

# %% tags=["answer"]
my_second_heatmap = ...

# %% tags=["check"]
print(check_by_hand(A, other_gradients, heatmap=my_second_heatmap))

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# my_second_heatmap = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
# ```
#
# The weights are −1 and 0. The signed map is −1 times the first feature map, nowhere above zero: a
# blank heatmap. Look at channel 1, though. In the upper left corner its value 6 meets the gradient
# 4: there it would raise the score, more than anything else in this layer. But its gradients
# cancel, its weight is 0, and the map knows nothing of that place. Section 2.3 meets this again, in
# a real 8.
#
# </details>

# %% [markdown] tags=["prediction"]
# ### The sum, channel by channel
#
# Back to the 9. Its signed map is a sum of 64 terms. *Predict:* if you add the channels one by one,
# those that contribute most first, how many does it take until the heatmap looks as it does with
# all 64?

# %%
anatomy = lab.AnatomyExplorer(model, digits.test_x)
anatomy.index, anatomy.channels = 3, 5
anatomy

# %% [markdown]
# *A sum, to be read from the left: the ten channels that contribute most, each below its weight, red
# frames for a 9, blue ones against it, and one term for all the others. It equals a signed map; ReLU
# makes the heatmap of it; beside them is the signed map of all 64. Below, picture, heatmap and
# overlay of the sum so far.* Move *channels* slowly to the right, or click a term to add all up to
# it. Every channel on its way adds its own small picture, in red or in blue, and moves what was
# there. The next cell measures how far the growing sum is from the whole.

# %%
contribution = tf.abs(weights[0]) * tf.reduce_sum(feature_maps[0], axis=(0, 1))
order = np.argsort(-contribution)
for count in [1, 2, 5, 10, 20, 40, 64]:
    channels = order[:count]
    sum_so_far = feature_maps.numpy()[0][..., channels] @ weights.numpy()[0, channels]
    positive = np.maximum(sum_so_far, 0) / max(sum_so_far.max(), 1e-9)
    print(f"channels: {count:2}, up to {np.abs(positive - heatmap).max():.2f} from the heatmap")

# %% [markdown]
# Not a handful of channels, and not steadily towards the goal: with ten channels the heatmap is
# further off than with five. How much of the terms, summed over all places, is positive, and how
# much negative?

# %%
terms = weights.numpy()[0] * feature_maps.numpy()[0].sum(axis=(0, 1))
print(f"positive terms: {terms[terms > 0].sum():.1f}, negative ones: {terms[terms < 0].sum():.1f}")
print(f"of the ten largest, {np.sum(terms[order[:10]] < 0)} are negative")

# %% [markdown]
# Much of what is positive is cancelled by what is negative, and more than cancelled: over all
# places the map of this 9 sums to less than zero. What you see in a heatmap is what remains of many
# voices.
#
# ### All steps together
#
# The course collects them in one function, and so do we.


# %%
def make_gradcam_heatmap(img_array, model, conv_layer_name, pred_index=None):
    last = model.layers[-1]
    layer_output = model.get_layer(conv_layer_name).output
    until_layer = keras.Model(model.inputs[0], [layer_output, last.input])
    with tf.GradientTape() as tape:
        feature_maps, hidden = until_layer(img_array)
        logits = hidden @ last.kernel + last.bias
        target = tf.argmax(logits[0]) if pred_index is None else pred_index
        class_score = logits[:, target]
    weights = tf.reduce_mean(tape.gradient(class_score, feature_maps), axis=(1, 2))
    signed_map = tf.reduce_sum(weights[:, None, None, :] * feature_maps, axis=-1)[0]
    positive = tf.nn.relu(signed_map).numpy()
    return positive / positive.max() if positive.max() > 0 else positive


# %% [markdown]
# Run it: it has to repeat what the single steps gave.

# %%
assert np.allclose(make_gradcam_heatmap(image, model, layer_name, target), heatmap, atol=1e-4)
print("The function gives the heatmap of steps 1 to 6.")

# %% [markdown]
# The package has a function of the same name, with an engine below it that differs in three ways.
# Instead of cutting the model in two, it listens to the layers while the whole model runs, and so
# reaches layers inside nested models, too. It compiles the calculation once for a model, where
# yours builds a new model at every call. (How much that saves is in a table of the README.) And one
# pass gives the heatmaps of *all* layers. The result must be the same, for every layer and every
# class.

# %%
for name in lab.spatial_layers(model):
    for digit in range(10):
        mine = make_gradcam_heatmap(image, model, name, digit)
        theirs = lab.make_gradcam_heatmap(image, model, name, digit)
        assert np.allclose(mine, theirs, atol=1e-4), (name, digit)
print("40 heatmaps agree.")

# %% [markdown]
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course's function differentiates the *probability* of the class, as many examples do. The
# paper takes the logit, and so do we; 2.3 compares the two. It divides by the maximum without
# asking whether there is anything positive: then a blank map becomes 0 / 0, which is no number, or
# a row of minus zeros. And it takes the mean over the batch axis as well, so it can explain one
# picture at a time only. With the course's settings, two arguments are different:
#
# ```python
# lab.make_gradcam_heatmap(image, model, "conv2d", score="probability")
# ```
#
# </details>
#
# ### Exercise 3: a shape
#
# Which shape will the heatmap of `image` at the layer `"max_pooling2d_1"` have? Replace the dots by
# two numbers in parentheses, before you compute it.

# %% tags=["answer"]
my_shape = ...

# %% tags=["check"]
if my_shape is ...:
    print("Not answered yet.")
else:
    expected = lab.make_gradcam_heatmap(image, model, "max_pooling2d_1").shape
    right = np.array_equal(my_shape, expected)
    print("Correct." if right else "Look for this layer's height and width in the summary of 2.1.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# my_shape = (7, 7)
# ```
#
# The heatmap has the height and width of the layer. The channels are summed up, the batch axis is
# gone.
#
# </details>

# %% [markdown]
# ## 2.3 Test
#
# From here on the package's engine computes the maps, of many digits at once. To see a map where it
# lies, we draw it over the digit: ink on white paper, and the warmer a place, the redder. (Section
# 2.4 shows how that is done.)

# %%
engine = lab.GradCAM(model)


# %%
def on_paper(digit, heatmap):
    return lab.superimpose(1 - digit, heatmap, 0.6, "OrRd")


# %% [markdown]
# ### First against last convolutional layer
#
# At the first layer, `conv2d`, the heatmap has 28 × 28 cells instead of 14 × 14.

# %% tags=["prediction"]
finer = lab.Prediction(
    "Which heatmap explains the answer better?",
    ["the finer one, at conv2d", "the coarser one, at conv2d_1", "both are as good"],
)
finer

# %% [markdown]
# *A card with three answers, and how sure you are.* Lock your prediction before you look.

# %%
chosen = [3, 19, 11]
explanation = engine.explain(digits.test_x[chosen])
figure, axes = plt.subplots(2, 3, figsize=(5.2, 3.8), subplot_kw=bare)
figure.suptitle("CNN, Grad-CAM, each digit explained for the class that is predicted")
for row, name in zip(axes, ["conv2d", "conv2d_1"], strict=True):
    row[0].set_ylabel(name)
    for axis, i in zip(row, range(3), strict=True):
        axis.imshow(on_paper(digits.test_x[chosen[i]], explanation.heatmaps[name][i]))
        axis.set_title(
            f"class {explanation.target[i]}, largest value {explanation.signed[name][i].max():.4f}"
        )
plt.show()

# %% [markdown]
# *Two rows, one for each layer; three columns, a 9, a 1 and a 7.* In the upper row the heatmap of
# the 9 is a sharp drawing of its ink, that of the 1 scattered dots, and the 7 has none at all: the
# largest value of its map is below zero. In the lower row every digit has warm places, wide and
# soft. Is the 7 an exception? Count the blank maps, among all digits and among the sevens.

# %%
seven = digits.test_y == 7
for name in ["conv2d", "conv2d_1"]:
    blank = engine.explain(digits.test_x, layers=name).heatmaps[name].max(axis=(1, 2)) == 0
    print(f"{name:9} blank: {blank.mean():.2f} of all, {blank[seven].mean():.2f} of the sevens")

# %%
finer.answer = "the coarser one, at conv2d_1"
finer.reason = "The finer map is blank for most sevens: it explains nothing about them."

# %% [markdown]
# The finer layer is silent about most of the sevens, the coarser one about almost no digit. So the
# two questions of section 2.1 have different answers, and **finer is not better**. A filter of the
# first layer has seen 3 × 3 pixels: it knows an edge, not whose edge it is. The same edge may help
# a 7 at one place and harm it at another, and α, one mean for all places, cannot say both.
#
# ### Red beside the ink
#
# Look at the lower row again. In how many digits does the warmest cell lie on white paper, with no
# ink in it at all?

# %% tags=["prediction"]
beside = lab.Prediction(
    "In how many of 100 digits is there no ink in the warmest cell?",
    number=True,
    tolerance=8,
)
beside

# %% [markdown]
# *A card that takes a number.* Lock yours, and count.

# %%
heatmaps = engine.explain(digits.test_x, layers="conv2d_1").heatmaps["conv2d_1"]
warmest = heatmaps.reshape(1000, -1).argmax(axis=1)
ink = keras.ops.max_pool(digits.test_x, 2, 2).numpy().reshape(1000, -1)
on_white = ink[np.arange(1000), warmest] == 0
print(f"warmest cell without ink: {on_white.mean():.2f} of all digits")
print(f"                          {on_white[seven].mean():.2f} of the sevens")

# %%
beside.answer = round(100 * on_white.mean())

# %% [markdown]
# A third of all digits, and nearly nine of ten sevens. How can white paper speak for a 7? A cell
# covers 2 × 2 pixels of the picture, but it *depends* on more: its filter takes 3 × 3 cells of the
# layer before, each of these the largest of 2 × 2 answers, each of which has seen 3 × 3 pixels. That
# makes 8 × 8 pixels, the **receptive field** of the cell. Is there ink in it?

# %%
padded = np.pad(digits.test_x, ((0, 0), (3, 3), (3, 3), (0, 0)))
in_field = keras.ops.max_pool(padded, 8, 2).numpy().reshape(1000, -1)
red = on_white & (heatmaps.max(axis=(1, 2)) > 0)
sees_ink = in_field[np.arange(1000), warmest] > 0
print(f"of these, {sees_ink[red].mean():.2f} have ink in their receptive field of 8 × 8 pixels")

# %%
row, column = divmod(int(warmest[11]), 14)
plt.figure(figsize=(2.6, 2.6))
plt.imshow(on_paper(digits.test_x[11], heatmaps[11]))
for size, offset, style in [(2, 0, "-"), (8, 3, "--")]:
    corner = 2 * column - offset - 0.5, 2 * row - offset - 0.5
    plt.gca().add_patch(plt.Rectangle(corner, size, size, fill=False, linestyle=style))
plt.title("CNN, conv2d_1, class 7, Grad-CAM")
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *A 7 under its heatmap. The small square is the warmest cell, on white paper; the dashed square is
# its receptive field, and the stem runs through it.* All of those cells see ink. So "the network
# looks at this red spot" is a sentence to be careful with: what lies *under* the red may be nothing,
# and what the cell has seen may be anywhere in its field, or be the very emptiness of a place.
#
# ### Logit against probability
#
# The course, like many examples, differentiates the *probability* of the class. The paper takes the
# score before the softmax. Does it matter? Look again at the 9 of section 2.2.
#
# The score of a class is a number of its own. Its probability depends on all ten scores: it grows if
# the class's own score grows, or if a rival's score falls.

# %% tags=["prediction"]
same = lab.Prediction(
    "The heatmap of the logit, and that of the probability: how do they compare?",
    ["they are the same", "they differ a little", "they have little in common"],
)
same

# %% [markdown]
# *A card with three answers.* Lock yours.

# %%
figure, axes = plt.subplots(1, 2, figsize=(4.2, 2.5), subplot_kw=bare)
figure.suptitle("CNN, conv2d_1, class 9, Grad-CAM")
for axis, score in zip(axes, ["logit", "probability"], strict=True):
    signed = lab.GradCAM(model, score=score).explain(image, 9, "conv2d_1").signed["conv2d_1"]
    axis.imshow(on_paper(image[0], lab.make_gradcam_heatmap(image, model, score=score)))
    axis.set_title(f"{score}, largest value {signed.max():.1g}")
plt.show()

# %% [markdown]
# *The 9 with its heatmap from the logit, and without any: from the probability the map is zero
# everywhere, for its largest value is below zero.*

# %%
same.answer = "they have little in common"

# %% [markdown]
# Why? The probability of class $c$ is $p_c =
# e^{y_c} / \sum_k e^{y_k}$, so that
#
# $$\log p_c = y_c - \log \sum_k e^{y_k}, \qquad
# \frac{\nabla p_c}{p_c} = \nabla y_c - \sum_k p_k \nabla y_k .$$
#
# All $p_k$ sum to 1, so we may write $\nabla y_c$ as $\sum_k p_k \nabla y_c$, and have
#
# $$\nabla p_c = p_c \sum_k p_k \, (\nabla y_c - \nabla y_k) .$$
#
# Steps 4 and 5 only multiply and add, so the same holds for signed maps: the map of the
# probability is the map of the class *minus the maps of its rivals*, each as heavy as it is
# probable. Check it on the 9, with the maps of all ten classes.

# %%
ten = engine.explain(np.repeat(image, 10, axis=0), list(range(10)), "conv2d_1")
maps, p = ten.signed["conv2d_1"], ten.probabilities[0]
by_formula = p[9] * sum(p[k] * (maps[9] - maps[k]) for k in range(10))
assert np.allclose(by_formula, signed[0], atol=1e-6)
print(f"strongest rival: class {p[:9].argmax()}, probability {p[:9].max():.3f}")
print(f"cells where the map for 9 is above the map for 7: {np.sum(maps[9] > maps[7])} of 196")

# %% [markdown]
# There is the reason. Nearly all of the rivals' weight is that of the 7, and in no cell is the map
# for 9 above the map for 7. The logit asks: *what speaks for a 9?* The probability asks: *what
# speaks for a 9 rather than for its rivals?* That is another question, and here no cell answers it
# positively. (Where the network is sure, $p_k$ is tiny for all rivals, and so is the whole map. But
# the scale from 0 to 1 divides the size out again, as long as rounding has left anything of it.)
#
# An accident of this 9? Count the blank maps, class by class.

# %%
blank = {}
for score in ["logit", "probability"]:
    explanation = lab.GradCAM(model, score=score).explain(digits.test_x, layers="conv2d_1")
    blank[score] = explanation.heatmaps["conv2d_1"].max(axis=(1, 2)) == 0
for digit in range(10):
    shares = [f"{score} {blank[score][digits.test_y == digit].mean():.2f}" for score in blank]
    print(f"class {digit}, blank maps:", ", ".join(shares))
print(f"all digits: {blank['logit'].sum()} with the logit")

# %% [markdown]
# No accident. With the probability, more than three quarters of the eights have no heatmap and
# nearly half of the nines, while in most classes hardly a digit goes without: it is something about
# these two classes in this network. That is no law either: for another network the numbers differ,
# and may be reversed. From here on, the class score is the logit, as in the paper: a question about
# one class alone.
#
# ### What a blank map means
#
# Four maps are blank even so. Let us open one.

# %%
blank_index = int(np.flatnonzero(blank["logit"])[-1]) if blank["logit"].any() else 779
explanation = engine.explain(digits.test_x[[blank_index]], layers="conv2d_1")
signed_map = explanation.signed["conv2d_1"][0]
print(f"test digit {blank_index}, true class {digits.test_y[blank_index]}")
print(f"predicted {explanation.target[0]}, probability {explanation.probabilities.max():.3f}")
print(f"signed map from {signed_map.min():.2f} to {signed_map.max():.3f}")

# %% [markdown] tags=["prediction"]
# The network is practically certain, and at this layer no cell of Grad-CAM's map is positive. Has
# the answer no reason, then? Ask another method. *HiResCAM* (Draelos and Carin 2020) multiplies
# each value of the feature maps by *its own* gradient, instead of the mean of its channel: $L_{ij} =
# \sum_k \frac{\partial y}{\partial A^k_{ij}} A^k_{ij}$.
#
# *Predict:* what can a mean over all places hide?

# %%
figure, axes = plt.subplots(1, 3, figsize=(7, 2.5), subplot_kw=bare)
figure.suptitle(f"CNN, conv2d_1, class {explanation.target[0]}, test digit {blank_index}")
axes[0].imshow(digits.test_x[blank_index])
for axis, method in zip(axes[1:], ["gradcam", "hirescam"], strict=True):
    signed = engine.explain(digits.test_x[[blank_index]], method=method).signed["conv2d_1"][0]
    limit = np.abs(signed).max()
    figure.colorbar(axis.imshow(signed, cmap="RdBu_r", vmin=-limit, vmax=limit), shrink=0.9)
    name = {"gradcam": "Grad-CAM", "hirescam": "HiResCAM"}[method]
    axis.set_title(f"{name}, largest value {signed.max():.3f}")
plt.show()

# %% [markdown]
# *An 8; its signed map by Grad-CAM, blue on the ink and nowhere red; and by HiResCAM, red beside the
# crossing, at the left of the lower loop and at the bottom, with some blue between.* Same digit, same
# layer, same gradients. The mean has hidden what HiResCAM shows.
#
# ### Does the account add up?
#
# Which of the two maps should one believe? Here is a test that HiResCAM must pass. After this layer
# come pooling, two dense layers and a ReLU. For one given picture, each of them either passes a
# value on or not, and multiplies and adds: the score is then $y = \sum_{ijk} G^k_{ij} A^k_{ij} + b$,
# gradient times value, and a rest from the biases. (Another picture switches other units on and
# gets other gradients. Such a network is called *linear piece by piece*.) HiResCAM's map therefore
# sums to the class score, up to $b$. Does Grad-CAM's?

# %%
score = explanation.score[0]
print(f"class score           {score:5.1f}")
for method in ["gradcam", "hirescam"]:
    signed = engine.explain(digits.test_x[[blank_index]], method=method).signed["conv2d_1"][0]
    print(f"sum of map, {method:9} {signed.sum():5.1f}")

# %% [markdown]
# HiResCAM's cells are shares of the score: together they give it almost exactly. Grad-CAM's sum to
# less than zero, for the very class that wins. Again: an accident? All 1,000 digits, each for its
# true class:

# %%
sums = {}
for method in ["gradcam", "hirescam"]:
    each = engine.explain(digits.test_x, digits.test_y, "conv2d_1", method)
    sums[method] = each.signed["conv2d_1"].sum(axis=(1, 2))
print(f"HiResCAM: at most {np.abs(sums['hirescam'] - each.score).max():.2f} from the score")
right = each.probabilities.argmax(axis=1) == digits.test_y
for digit in range(10):
    these = digits.test_y == digit
    below = np.mean(sums["gradcam"][these] < 0)
    print(
        f"class {digit}: Grad-CAM's sum below zero {below:.2f}, read rightly {right[these].mean():.2f}"
    )

# %% [markdown]
# For HiResCAM it holds for every digit. For Grad-CAM it does not: all eights and most of the nines
# have maps that count more *against* the class than for it, and yet almost all of them are read
# rightly. (They are the two classes with the many blank maps above.) So Grad-CAM's red and blue are
# **not shares of the score**. They are what is left of the feature maps when each gradient has been
# replaced by the mean of its channel: an account that need not add up. Here it does not. (To add up
# is not yet to be right, of course. It is the least that one may ask of an account.)
#
# **A blank heatmap is a finding:** at this layer, with weights that are the same at every place,
# nothing is positive for this class. It does not say that the network had no reason. Ask another
# layer, or another method.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course asks for the probability, at the first layer, `conv2d`. Both choices are easy to make
# here, with two arguments:
#
# ```python
# sevens = digits.test_x[digits.test_y == 7]
# theirs = lab.GradCAM(model, score="probability").explain(sevens, layers="conv2d")
# blank = theirs.heatmaps["conv2d"].max(axis=(1, 2)) == 0
# print(f"blank: {blank.mean():.2f} of the sevens")
# ```
#
# About four of five sevens are blank. We ask for the logit because it is the paper's definition and
# a question about one class, and look at the last convolutional layer because the first one knows
# edges only. In the course's own test, digit 12 is explained and digit 123 is set beside it: the map
# belongs to another picture than the one that is shown.
#
# </details>

# %% [markdown]
# ## 2.4 Joint image and heatmap
#
# Alone, a heatmap does not show what it is pointing at. So lay it over the picture, in three steps:
# resize, colour, blend.
#
# ### Resize
#
# The heatmap has 14 × 14 cells, the picture 28 × 28 pixels. We resize the *numbers*, interpolating
# between cells. (To colour first and then resize would mix colours: between blue, 0, and red, 1, it
# would give purple, which stands for no number at all.)

# %%
heatmap = lab.make_gradcam_heatmap(image, model)
resized = np.asarray(Image.fromarray(heatmap).resize((28, 28), Image.Resampling.BILINEAR))
print(heatmap.shape, "->", resized.shape)

# %% [markdown]
# ### Colour and blend
#
# A colormap turns each number into red, green and blue. Then each pixel becomes a mixture, `(1 -
# alpha) · picture + alpha · colour`. This *alpha*, an opacity, has nothing to do with the weights
# α.

# %%
alpha = 0.4
colour = plt.get_cmap("jet")(resized)[..., :3]
overlay = (1 - alpha) * image[0] + alpha * colour
print("colour", colour.shape, " picture", image[0].shape, " overlay", overlay.shape)

# %% [markdown]
# The picture has one channel and the colours have three: numpy repeats the grey value. The two
# shares add up to 1, so the overlay never leaves [0, 1]; to add the heatmap on top of the full
# picture would burn out the bright parts.
#
# The package's `superimpose` does these three steps, and gives whole numbers from 0 to 255.

# %%
difference = lab.superimpose(image[0], heatmap, alpha=0.4) - 255 * overlay
assert np.abs(difference).max() <= 1
print("superimpose gives the same, rounded to whole numbers.")

# %% [markdown] tags=["prediction"]
# *Predict:* what will you see with alpha = 0, and with alpha = 1?

# %%
figure, axes = plt.subplots(2, 4, figsize=(7, 3.8), subplot_kw=bare)
figure.suptitle("CNN, conv2d_1, class 9, Grad-CAM")
axes[0, 0].set_ylabel("white ink, jet")
axes[1, 0].set_ylabel("dark ink, OrRd")
for column, alpha in zip(axes.T, [0, 0.3, 0.6, 1], strict=True):
    column[0].set_title(f"alpha = {alpha}")
    column[0].imshow(lab.superimpose(image[0], heatmap, alpha))
    column[1].imshow(lab.superimpose(1 - image[0], heatmap, alpha, "OrRd"))
plt.show()

# %% [markdown]
# *Four overlays of the same digit, from the picture alone, at alpha 0, to the heatmap alone, at
# alpha 1. Above the course's look, below this lesson's.* In between one sees both, and which of the
# two one sees better is a matter of alpha, not of the network. The numbers are the same in both
# rows. Above, the coldest places are a strong blue and the ink shines; below, what is warmest is
# what one sees first.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course *adds*: `heatmap · alpha + picture`, with alpha = 0.01. That sounds like a breath of
# colour. But there the picture is in [0, 1] and the colours are in [0, 255], so the colours reach
# up to 2.55, and the picture up to 1. A scaling of the whole at the end hides it.
#
# ```python
# added = 0.01 * 255 * colour + image[0]
# plt.imshow(added / added.max())
# ```
#
# A mixture whose shares add up to 1 does what its alpha says, whatever the range of the picture.
#
# </details>

# %% [markdown]
# ## 2.5 Result of Jointing image and heatmap
#
# The course's last helper writes the overlay to a file and shows it. Ours enlarges small pictures
# first, so that there is something to see.

# %%
overlay = lab.save_and_display_gradcam(image, heatmap, "cam_9.jpg")

# %% [markdown]
# *The overlay of the 9 in the course's look: CNN, `conv2d_1`, class 9, Grad-CAM.* It now stands
# beside this notebook as `cam_9.jpg`. The file's name does not say all of this; the one who shows it
# has to.
#
# ### The explorer
#
# All choices at once, beside the picture that they change. First what is asked: which digit
# (*index*), which *layer*, which class (click its bar), which *method*. Then how the answer is
# drawn: *alpha*, *colormap*, and a *threshold* below which the heatmap is hidden.

# %%
explorer = lab.GradCAMExplorer(model, digits.test_x, labels=digits.test_y)
explorer

# %% [markdown] tags=["prediction"]
# *A sentence that says what is shown; the overlay, with picture and heatmap beside it; a bar for each
# class; below, the heatmaps of all layers, and the digits around this one, with those marked that
# the network misreads.* Point at a cell to read its value and to see its receptive field; *swipe*
# shows one large overlay with a divider; **course's look** puts jet on black back. (Your browser got
# the network and the digits once, and computes everything by itself: the controls answer while a
# cell runs, and when the kernel has gone. `explorer.save("explorer.html")` makes a page of it that
# opens anywhere.) Five things to try:
#
# 1. Hold a digit fixed and move *layer* from first to last, or let the pointer glide over the strip
#    of layers. What becomes coarser, what becomes clearer?
# 2. Click the bar of a wrong class. Where is its map warm? Compare the map for a 7 with the map for
#    a 1, of the same picture.
# 3. In the course's look, switch *colormap* from jet to gray, and see which borders stay.
#    (**Colour-blind safe** chooses cividis, whose colours differ in brightness, too.)
# 4. Switch *method*. All of them use the same feature maps and gradients, and differ in one line of
#    mathematics each. On which digits do they disagree most? (One method works without gradients:
#    Score-CAM covers the picture, channel by channel, and looks at the score. It takes a moment:
#    `lab.GradCAM(model).explain(digits.test_x[:1], method="scorecam")`.)
# 5. Move *layer* with and without *same scale*. Without, every layer has a red place, for each is
#    scaled by its own maximum; with it, all are scaled by the largest. (Values of different layers
#    have different units, and α is a mean over more or fewer places: a pale layer is not one that
#    matters less.)
#
# Every control can be moved from Python. The next cell asks about digit 11, a 7, at the first layer,
# and draws what the explorer now shows. *Predict* what that will be: section 2.3 had this digit in
# its last column.

# %%
explorer.index = 11
explorer.layer = "conv2d"

# %%
shown = explorer.explanation
plt.figure(figsize=(2.4, 2.4))
plt.imshow(on_paper(digits.test_x[11], shown.heatmaps["conv2d"][0]))
plt.title(
    f"CNN, conv2d, class {shown.target[0]}, Grad-CAM\nlargest {shown.signed['conv2d'].max():.4f}"
)
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *The 7 without a trace of heat: its largest value is below zero.* In the explorer, a sentence says
# so. At the last convolutional layer there is more to see: here for a 3, the network's second
# choice.

# %%
explorer.layer = "conv2d_1"
explorer.target = 3
assert explorer.explanation.target[0] == 3

# %%
plt.figure(figsize=(2.4, 2.4))
plt.imshow(on_paper(digits.test_x[11], explorer.explanation.heatmaps["conv2d_1"][0]))
plt.title("CNN, conv2d_1, class 3, Grad-CAM")
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *The same 7, asked about a 3.* And back to the predicted class. Otherwise every digit that you
# choose from now on would be explained as a 3.

# %%
explorer.target = None
assert explorer.explanation.target[0] == explorer.explanation.probabilities[0].argmax()

# %% [markdown] tags=["prediction"]
# ### What jet invents
#
# *Predict:* a ramp rises evenly from 0 to 1. How many borders will you see in it, in each of four
# colormaps?

# %%
ramp = np.tile(np.linspace(0, 1, 300), (30, 1))
figure, axes = plt.subplots(4, 1, figsize=(7, 2.6), subplot_kw=bare)
for axis, colormap in zip(axes, ["jet", "cividis", "OrRd", "gray"], strict=True):
    axis.imshow(ramp, cmap=colormap, aspect="auto")
    axis.set_ylabel(colormap, rotation=0, ha="right", va="center")
figure.suptitle("no network: the same ramp of numbers from 0 (left) to 1 (right)")
plt.show()

# %% [markdown]
# *Four stripes of the same numbers. Jet shows bright bands of cyan and yellow with edges beside
# them; cividis, OrRd and gray change evenly.* There is no border in the numbers. Jet is the course's
# colormap, and that of most papers, so you should be able to read it; but before you point at a
# border in a heatmap, look at it in gray.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course shows one digit at `conv2d`, in jet on black, and leaves the layer and the class
# unsaid. `explorer.colormap = "jet"` is its colormap, **course's look** its whole look.
#
# </details>
#
# ### Exercise 4: what speaks against it
#
# A heatmap shows what is positive in the signed map. The signed map knows more.
# `explanation.signed["conv2d_1"][0]` below is the signed map of the 9 of section 2.2. Make a
# heatmap of what speaks *against* class 9: positive where the signed map is negative, zero
# elsewhere, with maximum 1.

# %% tags=["answer"]
explanation = engine.explain(image)
signed_map = explanation.signed["conv2d_1"][0]
against = ...

# %% tags=["check"]
if against is ...:
    print("Not answered yet.")
else:
    expected = np.maximum(-signed_map, 0) / np.maximum(-signed_map, 0).max()
    try:
        right = np.shape(against) == expected.shape and np.allclose(against, expected, atol=1e-4)
    except Exception:  # not an array of numbers
        right = False
    print("Correct." if right else "Not yet: change the sign first, then ReLU, then divide.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# against = np.maximum(-signed_map, 0)
# against = against / against.max()
# ```
#
# Show it with `plt.imshow(against, "OrRd")`. The paper calls such maps *counterfactual
# explanations*; the idea is that without what they show, the network would be more certain of the
# target. The last section puts that idea to the test.
#
# </details>

# %% [markdown] tags=["prediction"]
# ## 2.6 Compare similar numbers
#
# A 1, a 7 and a 9 all have a stem. What tells them apart, for this network?
#
# *Predict:* where do you expect the warmest cells in a 1, in a 7 and in a 9?

# %%
comparison = lab.GradCAMComparison(model, digits.test_x, digits.test_y, classes=(1, 7, 9))
comparison

# %% [markdown]
# *Three test digits, a column each: the picture, and the overlay below it. The controls move all
# three.* **Show others** goes on to the next 1, 7 and 9. Look at ten of each before you believe in
# a rule. From Python:

# %%
before = comparison.indices
comparison.show_others()
assert comparison.indices != before
assert [digits.test_y[index] for index in comparison.indices] == [1, 7, 9]

# %% [markdown]
# One digit is an anecdote. So take all test digits of each class and average their maps.

# %%
of_class = {digit: digits.test_x[digits.test_y == digit] for digit in [1, 7, 9]}
figure, axes = plt.subplots(2, 3, figsize=(6.4, 3.9), subplot_kw=bare)
figure.suptitle("CNN, conv2d_1, Grad-CAM, 100 digits of each class explained for that class")
for (above, below), (digit, images) in zip(axes.T, of_class.items(), strict=True):
    maps = engine.explain(images, digit, "conv2d_1")
    above.set_title(f"class {digit}")
    above.imshow(on_paper(images.mean(axis=0), maps.heatmaps["conv2d_1"].mean(axis=0)))
    signed = maps.signed["conv2d_1"].mean(axis=0)
    limit = np.abs(signed).max()
    heat = below.imshow(signed, cmap="RdBu_r", vmin=-limit, vmax=limit)
    figure.colorbar(heat, ax=[above, below], shrink=0.45, anchor=(0, 0))
axes[0, 0].set_ylabel("mean heatmap")
axes[1, 0].set_ylabel("mean signed map")
plt.show()

# %% [markdown]
# *Above the mean heatmaps over the mean pictures, below the mean signed maps, red above zero and
# blue below.* The ones are warmest at the top of the stroke and along its left side, the sevens
# along the left side of the stem, below the bar, the nines along the upper arc. And the signed maps
# show what the heatmaps hide: in the nines, the inside and the lower stroke of the loop and the foot
# of the stem are negative.
#
# ### One picture, four questions
#
# The same 100 sevens, asked about a 1, about a 7 and about a 9. And, as a control, about a 0: not one
# of them looks like a 0.

# %% tags=["prediction"]
absent = lab.Prediction(
    "What will the heatmaps of the sevens look like, if they are asked about a 0?",
    ["blank", "paler than the others", "as red as the others"],
)
absent

# %% [markdown]
# *A card with three answers.* Lock yours.

# %%
sevens = of_class[7]
figure, axes = plt.subplots(1, 4, figsize=(7, 2.5), subplot_kw=bare)
figure.suptitle("CNN, conv2d_1, Grad-CAM: mean heatmaps of 100 sevens, asked about four classes")
for axis, target in zip(axes, [1, 7, 9, 0], strict=True):
    maps = engine.explain(sevens, target, "conv2d_1")
    axis.imshow(on_paper(sevens.mean(axis=0), maps.heatmaps["conv2d_1"].mean(axis=0)))
    largest = maps.signed["conv2d_1"].max(axis=(1, 2)).mean()
    print(f"class {target}: mean score {maps.score.mean():5.1f}, mean largest value {largest:.3f}")
    axis.set_title(f"class {target}")
plt.show()

# %% [markdown]
# *Four overlays on the mean 7, each with other warm places.*

# %%
absent.answer = "as red as the others"
absent.reason = "Each map is scaled by its own maximum, whether the class is there or not."

# %% [markdown]
# For class 7 it is the left side of the
# stem. Asked about a 1, the same pictures are warmest along the bar; asked about a 9, at the upper
# right bend, which both digits share. **A heatmap answers a question about one class.** Without the
# class, it says nothing.
#
# And the control? Asked about a 0, the sevens are warm along the right side of the stem. The network
# is far from seeing a 0 in them: that score is the lowest of the four. Nor does the size of the map's
# values help: for the 0 they are larger than for the 9, whose score is much higher. **Red does not
# mean that the class is there.** For that, look at the score.
#
# The same for single digits, one column for each question; *index* goes through the 100 sevens.

# %%
questions = lab.TargetComparison(model, sevens, targets=(1, 7, 9, 0))
questions

# %% [markdown]
# *Four overlays of one 7, asked about a 1, a 7, a 9 and a 0, each with the probability of that
# class.* Is what the means say true of each single digit? The next cells choose the eleventh seven,
# hide what is cold, and draw what the explorer now shows.

# %%
questions.index = 10
questions.threshold = 0.3

# %%
figure, axes = plt.subplots(1, 4, figsize=(7, 2.2), subplot_kw=bare)
figure.suptitle("CNN, conv2d_1, Grad-CAM: one seven, what is below 0.3 hidden")
for axis, target in zip(axes, [1, 7, 9, 0], strict=True):
    heatmap = engine.explain(sevens[[10]], target, "conv2d_1").heatmaps["conv2d_1"][0]
    axis.imshow(lab.superimpose(1 - sevens[10], heatmap, 0.6, "OrRd", threshold=0.3))
    axis.set_title(f"class {target}")
plt.show()

# %% [markdown] tags=["prediction"]
# *The same seven four times.* Compare each with the mean above it: single digits are more definite,
# and not all of them agree with their mean.
#
# ### Turn a 1 into a 7
#
# Now the pen is yours. The pad below holds one stroke. *Predict:* which is the smallest change that
# makes the network say "7"?

# %%
drawing = lab.DrawingExplorer(model, strokes=[[[0.5, 0.12], [0.5, 0.88]]])
drawing

# %% [markdown]
# *On the left the pad with one upright stroke; beside it the overlay, and what the network is given;
# on the right its answer: a 1.* What you draw is scaled and centred as MNIST's digits were, so
# it does not matter where and how large you draw; and it is explained while the pen moves.
# (Without a mouse: the arrow keys move a cursor on the pad, Space lowers and lifts the pen.) First
# click the bar of 7, so that the question stays the same: at "the predicted class" the map changes
# its question when the answer flips. Then add a bar to the 1, a little at a time, and watch map and
# answer. From Python:

# %%
drawing.target = 7
drawing.strokes = [[[0.5, 0.12], [0.5, 0.88]], [[0.22, 0.2], [0.5, 0.12]]]
probabilities = drawing.explanation.probabilities[0]
print(f"predicted {probabilities.argmax()}, with {probabilities.max():.1%}")

# %%
plt.figure(figsize=(2.4, 2.4))
heatmap = drawing.explanation.heatmaps["conv2d_1"][0]
plt.imshow(on_paper(to_digit(drawing.strokes), heatmap))
plt.title("CNN, conv2d_1, class 7, Grad-CAM")
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *The stroke with a flag at its top left, asked about a 7.* A short flag is enough, and the network
# is nearly certain. In many countries that is how people
# write a 1. Nothing in the answer tells you whether the network has ever seen such a 1.
#
# Before you draw something else, set *target* back to "the predicted class". Otherwise your 3 would
# be explained as a 7.

# %%
drawing.target = None

# %% [markdown]
# ### Exercise 5: a question of your own
#
# Among the test digits there are fours that the network takes for nines. Put the indices of all of
# them into `four_as_nine`, a list or an array. (`engine.explain(digits.test_x,
# layers="conv2d_1").target` gives the predicted classes.) Then look at them in the explorer above,
# once with target 4 and once with target 9.

# %% tags=["answer"]
four_as_nine = ...

# %% tags=["check"]
if four_as_nine is ...:
    print("Not answered yet.")
else:
    predicted = model(digits.test_x).numpy().argmax(axis=1)
    expected = np.flatnonzero((digits.test_y == 4) & (predicted == 9))
    try:
        right = np.array_equal(np.sort(np.ravel(four_as_nine)), expected)
    except Exception:  # not a list of numbers
        right = False
    hint = "Not these. True class 4 and predicted class 9: join both with &."
    print("Correct." if right else hint)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# predicted = engine.explain(digits.test_x, layers="conv2d_1").target
# four_as_nine = np.flatnonzero((digits.test_y == 4) & (predicted == 9))
# ```
#
# </details>

# %% [markdown]
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course picks one 1, one 7 and one 9 at random and shows their heatmaps at `conv2d`. At every
# run they are others, so nobody can check what somebody else has seen. Here an index names the
# digit, and a mean over all digits of a class stands beside it.
#
# </details>
#
# ### Put it to the test
#
# In the mean signed map of the nines the foot of the stem is negative: "the foot speaks against a
# 9". That can be tested. Erase it, the lowest six rows of every 9, and ask for the class score
# again.

# %% tags=["prediction"]
footless = lab.Prediction(
    "The map says that the foot speaks against a 9. Without the foot, what does the score of 9 do?",
    ["it rises", "it stays", "it falls"],
)
footless

# %% [markdown]
# *A card with three answers.* Lock yours: this is the last one, and the one that matters most.

# %%
nines = of_class[9]
without_foot = nines.copy()
without_foot[:, 22:] = 0
scores = [engine.explain(images, 9, "conv2d_1").score for images in (nines, without_foot)]
print(f"mean score with foot {scores[0].mean():.1f}, without foot {scores[1].mean():.1f}")
print(f"the score falls for {np.mean(scores[1] < scores[0]):.2f} of the nines")

# %%
footless.answer = "it falls"
lab.predictions_so_far()

# %% [markdown]
# *What became of your predictions.* And of the map's? **The map says against; the experiment says
# for.** Which is right?
#
# Not so fast. The experiment has no control. Perhaps the score falls because the foot speaks for
# a 9. Or perhaps it falls whenever ink is erased, wherever it lay: then the experiment would have
# told us nothing about the foot. And is a lower score a worse answer? We have not looked. Lesson 4
# ("Can you believe a heatmap?") repeats the experiment with its controls, and looks at the answers,
# too.
#
# Until then: red and blue are Grad-CAM's account of the network, not the network's own words. An
# account is worth having, because it tells us what to test. It does not replace the test, and a test
# does not replace its control.
#
# ## In this notebook you
#
# - derived Grad-CAM: feature maps (14 × 14 × 64) → gradients (the same shape) → weights α (64) →
#   signed map (14 × 14) → ReLU → heatmap in [0, 1], and computed one by hand,
# - took one map apart into its channels, and saw how much of them cancels,
# - checked your function against the package's, for every layer and class,
# - found red beside the ink, and the receptive field that explains it,
# - saw that the logit asks about one class, and the probability about a class and its rivals,
# - learned that a blank heatmap is a finding about one layer and one way of averaging, not about
#   the whole network, and that Grad-CAM's account need not add up,
# - compared 1, 7 and 9, and saw that a class that is not there has a red map, too,
# - tested a heatmap's claim by an experiment that contradicts it, and that still lacks its control.
#
# Next: [3. Grad-CAM Using trained model](03_trained_model.ipynb), where a network with a thousand
# classes looks at photographs.
