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
# picture: a heatmap that is warm where the network found evidence for its answer. In this lesson
# you derive it, one quantity at a time, and then you let it explain digits until you know what it
# can tell and what it cannot.
#
# **After this lesson you can**
#
# - derive a Grad-CAM heatmap from feature maps and gradients, and give the shape of every quantity
#   on the way,
# - choose a layer and a class score, and say what the choice does to the heatmap,
# - read a heatmap with care, also when it is blank.
#
# **Time:** 75 minutes. No internet is used. Lesson 1 is useful but not needed: a trained network is
# at hand.

# %% [markdown]
# ## 2.1 Model summary
#
# Keras and TensorFlow come by way of `gradcam_lab`, which keeps their start-up messages out of the notebook.

# %%
import gradcam_lab as lab

import matplotlib.pyplot as plt
import numpy as np
from gradcam_lab import keras, tensorflow as tf
from PIL import Image

# %% [markdown]
# The package ships the network of lesson 1, trained on the same 3,000 digits. If you have trained
# and saved your own, set `use_my_own` to `True`: then the weights of yours are put in. What the
# text says about single digits and counts holds for the shipped network.

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

# %% [markdown]
# *Predict:* a heatmap has as many cells as the layer that it is made from. At which of these four
# layers is it finest? And which of the four knows most about *what* is in the picture?

# %% [markdown]
# ## 2.2 Implementing Grad-CAM
#
# We explain one digit for one class at one layer: the *last convolutional layer*, the customary
# choice, because it knows much about what is there, and still in 14 × 14 cells.

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
# are the eight strongest.

# %%
strongest = np.argsort(-tf.reduce_sum(feature_maps, axis=(1, 2))[0])[:8]
figure, axes = plt.subplots(1, 9, figsize=(10, 1.6))
axes[0].imshow(image[0, :, :, 0], cmap="gray")
axes[0].set_title("picture")
for axis, channel in zip(axes[1:], strongest, strict=True):
    axis.imshow(feature_maps[0, :, :, channel], cmap="viridis")
    axis.set_title(f"channel {channel}", fontsize=8)
for axis in axes:
    axis.axis("off")
plt.show()

# %% [markdown]
# *On the left the digit 9; then eight feature maps, bright where a filter answers strongly.* Most
# follow strokes of one direction, or one side of a stroke: compare how differently they treat the
# flat top and the upright stem. None of them is "a 9": what makes the 9 is how the network weighs
# them. So which channels matter for class 9, and how much?
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
# *target*, the class to be explained, need not be the winner: we could ask for the evidence for any
# of the ten.
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

# %% [markdown]
# *Predict:* which shape do the gradients have, if there is one for each value of each feature map?

# %%
gradients = tape.gradient(class_score, feature_maps)
print("gradients", gradients.shape)

# %% [markdown]
# (A tape can be used once: to run this cell again, run the one above it first.)
#
# The same shape as the feature maps: one gradient for each of the 14 · 14 · 64 = 12,544 values.
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
plt.figure(figsize=(9, 2.5))
plt.bar(range(weights.shape[-1]), weights[0], color=np.where(weights[0] > 0, "tab:red", "tab:blue"))
plt.axhline(0, color="gray", linewidth=1)
plt.xlabel("channel k")
plt.ylabel("weight α")
plt.title(f"what each channel does for class {target}")
plt.show()

# %% [markdown]
# *64 bars, one a channel, some above zero (red) and some below (blue).* To Grad-CAM, a channel with
# a positive weight speaks for a 9 wherever it is active, and one with a negative weight against it.
# A channel may be strong in the picture and still have a weight near zero. Then Grad-CAM gives it
# no say: its gradients are small, or they cancel in the mean. Keep that second case in mind for
# 2.3.
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
# evidence speaks for the class, negative where it speaks against it.
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
figure, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
limit = np.abs(signed_map).max()
shown = [(image[0, :, :, 0], "gray", 0, 1), (signed_map[0], "RdBu_r", -limit, limit)]
shown.append((heatmap, "jet", 0, 1))
for axis, title, what in zip(axes, ["picture", "signed map", "heatmap"], shown, strict=True):
    pixels, colormap, low, high = what
    figure.colorbar(axis.imshow(pixels, cmap=colormap, vmin=low, vmax=high), shrink=0.7)
    axis.set_title(title)
    axis.axis("off")
plt.show()

# %% [markdown]
# *Left the 9, in the middle the signed map (red for, blue against), right the heatmap.* What speaks
# for a 9 in this map lies along the upper arc and the right side of the stem. The lower stroke of
# the loop and the foot of the stem are blue: here they count against it, with the largest values of
# the whole map, and the heatmap shows nothing of them. ReLU has cut them off.
#
# Note what the colours do **not** say. Red means "the most in *this* picture": each heatmap is
# scaled by its own maximum, and so the colours of two heatmaps cannot be compared.
#
# ### The sum, channel by channel
#
# The signed map is a sum of 64 terms. *Predict:* if you add the channels one by one, those that
# contribute most first, how many does it take until the heatmap looks as it does with all 64?

# %%
anatomy = lab.AnatomyExplorer(model, digits.test_x)
anatomy.index, anatomy.channels = 3, 5
anatomy

# %% [markdown]
# *A sum, to be read from the left: the ten channels that contribute most, each below its weight, red
# frames for a 9, blue ones against it, and one term for the other 54. It equals a signed map; ReLU
# makes the heatmap of it; beside them is the signed map of all 64. Below, picture, heatmap and
# overlay of the sum so far.* Move *channels* slowly to the right, or click a term to add all up to
# it. Every channel on its way adds its own small picture, in red or in blue, and moves what was there.
# The next cell measures how far the growing sum is from the whole.

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
# further off than with five. How much of the terms, summed over all places, speaks for the class,
# and how much against it?

# %%
terms = weights[0] * tf.reduce_sum(feature_maps[0], axis=(0, 1))
print(f"for class {target}: {tf.reduce_sum(tf.nn.relu(terms)):.1f}")
print(f"against it: {-tf.reduce_sum(tf.nn.relu(-terms)):.1f}")

# %% [markdown]
# Seven of the ten strongest terms are negative, and much of what speaks for the class is cancelled
# by what speaks against it. What you see in a heatmap is what remains of many voices.
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
# yours builds a new model at every call and runs it step by step: for one digit yours took more
# than ten times as long as a plain forward pass, the engine about twice as long (`make bench`
# measures it). And one pass gives the heatmaps of *all* layers. The result must be the same, for
# every layer and every class.

# %%
for name in lab.spatial_layers(model):
    for digit in range(10):
        mine = make_gradcam_heatmap(image, model, name, digit)
        theirs = lab.make_gradcam_heatmap(image, model, name, digit)
        assert np.allclose(mine, theirs, atol=1e-4), (name, digit)
print("40 heatmaps agree.")

# %% [markdown]
# ### Exercise 1: a shape
#
# Which shape will the heatmap of `image` at the layer `"max_pooling2d_1"` have? Replace the dots by
# two numbers in parentheses, before you compute it.

# %%
my_shape = ...

# %%
if my_shape is ...:
    print("Not answered yet.")
else:
    expected = lab.make_gradcam_heatmap(image, model, "max_pooling2d_1").shape
    right = np.array_equal(my_shape, expected)
    print("Correct." if right else "Look for this layer's height and width in the summary of 2.1.")

# %% [markdown]
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
# ### First against last convolutional layer
#
# *Predict:* at the first layer, `conv2d`, the heatmap has 28 × 28 cells instead of 14 × 14. Is it
# the better explanation?

# %%
chosen = [3, 19, 11]
figure, axes = plt.subplots(3, 3, figsize=(7.5, 7.5))
for row, index in zip(axes, chosen, strict=True):
    row[0].imshow(digits.test_x[index, :, :, 0], cmap="gray")
    for axis, name in zip(row[1:], ["conv2d", "conv2d_1"], strict=True):
        axis.imshow(
            make_gradcam_heatmap(digits.test_x[[index]], model, name), "jet", vmin=0, vmax=1
        )
        axis.set_title(name)
for axis in axes.flat:
    axis.axis("off")
plt.show()

# %% [markdown]
# *Each row is a digit: the picture, its heatmap at the first layer, and at the last convolutional
# one.* So the two questions of section 2.1 have different answers: the first layers are the finest,
# the last ones know most about *what*. And finer is not better. For the 9 the first layer gives a
# sharp drawing of the ink, for the 1 scattered dots, for the 7 nothing at all. Filters of the first
# layer know edges and dots only. An edge that speaks for a 7 at one place speaks against it at
# another, and the weight α, a mean over all 28 · 28 places, says neither. At the last layer one
# cell has seen a larger part of the digit, and a channel stands for something that matters by
# itself.
#
# ### Logit against probability
#
# The course, like many examples, differentiates the *probability* of the class. The paper takes the
# score before the softmax. Does it matter? Look again at the 9 of section 2.2.
#
# *Predict:* the score of a class is a number of its own. Its probability depends on all ten scores:
# it grows if the class's own score grows, or if a rival's score falls. Will both give the same
# heatmap?

# %%
by_logit = lab.make_gradcam_heatmap(image, model, score="logit")
by_probability = lab.make_gradcam_heatmap(image, model, score="probability")
figure, axes = plt.subplots(1, 3, figsize=(9, 3))
axes[0].imshow(image[0, :, :, 0], cmap="gray")
axes[1].imshow(by_logit, cmap="jet", vmin=0, vmax=1)
axes[2].imshow(by_probability, cmap="jet", vmin=0, vmax=1)
for axis, title in zip(axes, ["picture", "score: logit", "score: probability"], strict=True):
    axis.set_title(title)
    axis.axis("off")
plt.show()

# %% [markdown]
# *The 9, its heatmap from the logit, and an empty field: the heatmap from the probability is zero
# everywhere.* The gradient of the probability $p_c$ is
#
# $$\nabla p_c = p_c \sum_k p_k \, (\nabla y_c - \nabla y_k)$$
#
# It asks what favours class $c$ *over its rivals*. (Where the network is sure it is tiny, too, but
# the scale from 0 to 1 divides the size out again, as long as rounding has left anything of it.)
# That is another question, and here no place answers it positively.
#
# How often does it happen? The package explains all 1,000 test digits in one go.

# %%
for score in ["probability", "logit"]:
    explanation = lab.GradCAM(model, score=score).explain(digits.test_x, layers="conv2d_1")
    blank = explanation.heatmaps["conv2d_1"].max(axis=(1, 2)) == 0
    print(f"score={score!r}: {blank.mean():.0%} of the heatmaps are blank")

# %% [markdown]
# For this network, every seventh digit or so has no heatmap with the probability, and hardly any
# has none with the logit (0 % is rounded). That is no law: for another network the numbers differ,
# and may be reversed. From here on, the class score is the logit, as in the paper: a question about
# one class alone.
#
# ### What a blank map means
#
# Hardly any, but some: let us look at one of those.

# %%
largest = explanation.signed["conv2d_1"].max(axis=(1, 2))
blank_index = int(np.flatnonzero(blank)[-1] if blank.any() else largest.argmin())
explanation = lab.GradCAM(model).explain(digits.test_x[[blank_index]], layers="conv2d_1")
signed_map = explanation.signed["conv2d_1"][0]
print(f"test digit {blank_index}, true class {digits.test_y[blank_index]}")
print(f"predicted {explanation.target[0]}, probability {explanation.probabilities.max():.3f}")
print(f"signed map from {signed_map.min():.2f} to {signed_map.max():.3f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(9, 3))
axes[0].imshow(digits.test_x[blank_index, :, :, 0], cmap="gray")
limit = np.abs(signed_map).max()
axes[1].imshow(signed_map, cmap="RdBu_r", vmin=-limit, vmax=limit)
axes[2].imshow(explanation.heatmaps["conv2d_1"][0], cmap="jet", vmin=0, vmax=1)
for axis, title in zip(axes, ["picture", "signed map", "heatmap"], strict=True):
    axis.set_title(title)
    axis.axis("off")
plt.show()

# %% [markdown]
# *An 8; its signed map, which is blue on the ink and nowhere red; and a heatmap that is zero
# everywhere.* The network is practically certain, and at this layer Grad-CAM finds no positive
# evidence for its answer.
#
# So is there no evidence for the 8 in this picture? Ask another method. *HiResCAM* (Draelos and
# Carin 2020) multiplies each value of the feature maps by *its own* gradient, instead of the mean
# of its channel: $L_{ij} = \sum_k \frac{\partial y}{\partial A^k_{ij}} A^k_{ij}$.
#
# *Predict:* what can an average over all places hide?

# %%
engine = lab.GradCAM(model)
print(f"class score             {explanation.score[0]:5.1f}")
for method in ["gradcam", "hirescam"]:
    signed = engine.explain(digits.test_x[[blank_index]], method=method).signed["conv2d_1"][0]
    print(f"sum of map, {method:9}   {signed.sum():5.1f}, largest value {signed.max():.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(6, 3))
limit = np.abs(signed).max()
axes[0].imshow(digits.test_x[blank_index, :, :, 0], cmap="gray")
axes[0].set_title("picture")
axes[1].imshow(signed, cmap="RdBu_r", vmin=-limit, vmax=limit)
axes[1].set_title("signed map, HiResCAM")
for axis in axes:
    axis.axis("off")
plt.show()

# %% [markdown]
# *The 8 and its HiResCAM map: red on the crossing, at the upper right and at the lower end, with
# some blue in between.* Grad-CAM's map sums to a negative number and is nowhere positive.
# HiResCAM's sums to the class score almost exactly (from this layer on the network is linear piece
# by piece; biases make the small rest): the evidence *is* in this layer. The average over all
# places has lost it, because a filter that speaks for an 8 at one place speaks against it at
# another, and the mean says neither.
#
# **A blank heatmap is a finding:** at this layer, with weights that are the same at every place,
# nothing speaks for this class. It does not say that the network had no reason. Ask another layer,
# or another method.

# %% [markdown]
# ## 2.4 Joint image and heatmap
#
# A heatmap alone does not show on what it lies. So lay it over the picture, in three steps: resize,
# colour, blend.
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
print(f"largest difference: {np.abs(difference).max():.1f} of 255")
assert np.abs(difference).max() <= 1

# %% [markdown]
# *Predict:* what will you see with alpha = 0, and with alpha = 1?

# %%
figure, axes = plt.subplots(1, 4, figsize=(10, 2.8))
for axis, alpha in zip(axes, [0, 0.3, 0.6, 1], strict=True):
    axis.imshow(lab.superimpose(image[0], heatmap, alpha))
    axis.set_title(f"alpha = {alpha}")
    axis.axis("off")
plt.show()

# %% [markdown]
# *Four overlays of the same digit: from the picture alone, at alpha 0, to the heatmap alone, at
# alpha 1.* In between one sees both, and which of the two one sees better is a matter of alpha, not
# of the network.
#
# ## 2.5 Result of Jointing image and heatmap
#
# The course's last helper writes the overlay to a file and shows it. Ours enlarges small pictures
# first, so that there is something to see.

# %%
overlay = lab.save_and_display_gradcam(image, heatmap, "cam_9.jpg")

# %% [markdown]
# *The overlay of the 9, eight times as large as the digit.* It now stands beside this notebook as
# `cam_9.jpg`.
#
# ### The explorer
#
# All choices at once, beside the picture that they change. First what is asked: which digit
# (*index*), which *layer*, which class (click its bar), which *method*. Then how the answer is
# drawn: *alpha*, *colormap*, and a *threshold* below which the heatmap is hidden.

# %%
explorer = lab.GradCAMExplorer(model, digits.test_x, labels=digits.test_y)
explorer

# %% [markdown]
# *A sentence that says what is shown; the overlay, with picture and heatmap beside it; a bar for each
# class; below, the heatmaps of all layers, and the digits around this one, with those marked that
# the network misreads.* Here the digit is dark ink on white paper, so that the warmest place is what
# you see first; **course's look** puts jet on black back. Point at a cell to read its value and to
# see which pixels it depends on; *swipe* shows one large overlay with a divider. (Your browser got
# the network and the digits once, and computes everything by itself: the controls answer while a
# cell runs, and when the kernel has gone. `explorer.save("explorer.html")` makes a page of it that
# opens anywhere.) Five things to try:
#
# 1. Hold a digit fixed and move *layer* from first to last, or let the pointer glide over the strip
#    of layers. What becomes coarser, what becomes clearer?
# 2. Click the bar of a wrong class. Where is the evidence for it? Compare what speaks for a 7 with
#    what speaks for a 1, in the same picture.
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
# Every control can be moved from Python. The next cell shows digit 11, a 7, at the first layer.
# *Predict* what you will see: section 2.3 had this digit in its last row. Then run the cell and
# look up.

# %%
explorer.index = 11
explorer.layer = "conv2d"

# %% [markdown]
# A blank heatmap, and a sentence that says so. At the last convolutional layer there is more to
# see: here for a 3, the network's second choice.

# %%
explorer.layer = "conv2d_1"
explorer.target = 3
explorer.alpha = 0.6
assert explorer.explanation.target[0] == 3

# %% [markdown]
# And back to the predicted class. Otherwise every digit that you choose from now on would be
# explained as a 3.

# %%
explorer.target = None
assert explorer.explanation.target[0] == explorer.explanation.probabilities[0].argmax()

# %% [markdown]
# ### What jet invents
#
# *Predict:* a ramp rises evenly from 0 to 1. How many borders will you see in it, in each of three
# colormaps?

# %%
ramp = np.tile(np.linspace(0, 1, 300), (30, 1))
figure, axes = plt.subplots(3, 1, figsize=(8, 2.6), layout="constrained")
for axis, colormap in zip(axes, ["jet", "cividis", "gray"], strict=True):
    axis.imshow(ramp, cmap=colormap, aspect="auto")
    axis.set_title(colormap, fontsize=9)
    axis.axis("off")
plt.show()

# %% [markdown]
# *Three stripes of the same numbers. Jet shows bright bands of cyan and yellow with edges beside
# them; cividis and gray rise evenly.* There is no border in the numbers. Jet is the course's
# colormap, and that of most papers, so you should be able to read it; but before you point at a
# border in a heatmap, look at it in gray.
#
# ### Exercise 2: what speaks against it
#
# A heatmap shows what speaks *for* the target. The signed map knows more.
# `explanation.signed["conv2d_1"][0]` below is the signed map of the 9 of section 2.2. Make a
# heatmap of what speaks *against* class 9: positive where the signed map is negative, zero
# elsewhere, with maximum 1.

# %%
explanation = lab.GradCAM(model).explain(image)
signed_map = explanation.signed["conv2d_1"][0]
against = ...

# %%
if against is ...:
    print("Not answered yet.")
else:
    expected = np.maximum(-signed_map, 0) / np.maximum(-signed_map, 0).max()
    try:
        right = np.shape(against) == expected.shape and np.allclose(against, expected, atol=1e-4)
    except Exception:  # not an array of numbers
        right = False
    print("Correct." if right else "Not yet: change the sign first, then ReLU, then divide.")

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# against = np.maximum(-signed_map, 0)
# against = against / against.max()
# ```
#
# Show it with `plt.imshow(against, "jet")`. The paper calls such maps *counterfactual
# explanations*; the idea is that without what they show, the network would be more certain of the
# target. Section 2.6 puts that to the test.
#
# </details>

# %% [markdown]
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
# One digit is an anecdote. So take all 100 test digits of each class and average their heatmaps.

# %%
figure, axes = plt.subplots(2, 3, figsize=(8, 5.6))
for above, below, digit in zip(*axes, [1, 7, 9], strict=True):
    images = digits.test_x[digits.test_y == digit]
    maps = lab.GradCAM(model).explain(images, target=digit, layers="conv2d_1")
    above.imshow(lab.superimpose(images.mean(axis=0), maps.heatmaps["conv2d_1"].mean(axis=0), 0.5))
    above.set_title(f"class {digit}: mean heatmap")
    signed = maps.signed["conv2d_1"].mean(axis=0)
    limit = np.abs(signed).max()
    below.imshow(signed, cmap="RdBu_r", vmin=-limit, vmax=limit)
    below.set_title("mean signed map")
for axis in axes.flat:
    axis.axis("off")
plt.show()

# %% [markdown]
# *Above the mean heatmaps over the mean pictures, below the mean signed maps (red for, blue
# against).* For a 1 the network finds most evidence at the top of the stroke and along its left
# side; for a 7 along the left side of the stem, below the bar; for a 9 along the upper arc. And the
# signed map shows what the heatmap hides: in a 9, the inside and the lower stroke of the loop and
# the foot of the stem speak *against* class 9 at this layer.
#
# ### Put it to the test
#
# "The foot of the stem speaks against a 9": that can be tested. Erase the foot, the lowest six rows
# of every 9, and ask for the class score again.
#
# *Predict:* if the foot speaks against class 9, what will happen to the score without it?

# %%
nines = digits.test_x[digits.test_y == 9]
without_foot = nines.copy()
without_foot[:, 22:] = 0
scores = [engine.explain(images, 9, "conv2d_1").score for images in (nines, without_foot)]
print(f"mean score with foot {scores[0].mean():.1f}, without foot {scores[1].mean():.1f}")
print(f"the score rises for {np.mean(scores[1] > scores[0]):.0%} of the nines")

# %% [markdown]
# The map said *against*; the experiment says *for*. Without its foot, nearly every 9 has a lower
# score. The weights α are means over all places, and at the bottom of the picture they mislead, as
# for the 8 of section 2.3. **Red and blue are Grad-CAM's account of the network, not the network's
# own words.** An account is worth having, because it tells us what to test. It does not replace the
# test.
#
# ### One picture, three questions
#
# The same 7s, asked for evidence for a 1, for a 7 and for a 9.

# %%
sevens = digits.test_x[digits.test_y == 7]
figure, axes = plt.subplots(1, 3, figsize=(8, 3))
for axis, target in zip(axes, [1, 7, 9], strict=True):
    maps = lab.GradCAM(model).explain(sevens, target=target, layers="conv2d_1")
    axis.imshow(lab.superimpose(sevens.mean(axis=0), maps.heatmaps["conv2d_1"].mean(axis=0), 0.5))
    axis.set_title(f"evidence for {target}\nmean score {maps.score.mean():.1f}")
    axis.axis("off")
plt.show()

# %% [markdown]
# *Three overlays on the mean 7.* For class 7 the warm place is the left side of the stem. Asked for
# a 1, the same pictures are warmest along the bar; asked for a 9, their heatmaps gather at the
# upper right bend, which both digits share. **A heatmap answers a question about one class.**
# Without the class, it says nothing. And amounts cannot be read from it: each is scaled by its own
# maximum, so that the largest of nothing but tiny values is red, too. The scores above tell the
# amounts.
#
# The same for single digits, one column for each question; *index* goes through the 100 sevens.

# %%
questions = lab.TargetComparison(model, sevens, targets=(1, 7, 9))
questions

# %% [markdown]
# *Three overlays of one 7: evidence for a 1, for a 7 and for a 9, each with the probability of that
# class.* Is what the means say true of each single digit?

# %%
questions.index = 10
questions.threshold = 0.3

# %% [markdown]
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
# its question when the answer flips. Then add a bar to the 1, a little at a time, and watch the
# evidence. From Python:

# %%
drawing.target = 7
drawing.strokes = [[[0.5, 0.12], [0.5, 0.88]], [[0.22, 0.2], [0.5, 0.12]]]
probabilities = drawing.explanation.probabilities[0]
print(f"predicted {probabilities.argmax()}, with {probabilities.max():.1%}")

# %% [markdown]
# A flag of a quarter of the pad's width is enough, and the network is nearly certain. Many people
# write their 1 like this. Nothing in the answer tells whether the network has ever seen such a 1.
#
# Before you draw something else, set *target* back to "the predicted class". Otherwise your 3 would
# be explained as a 7.

# %%
drawing.target = None

# %% [markdown]
# ### Exercise 3: a question of your own
#
# Among the test digits there are fours that the network takes for nines. Put the indices of all of
# them into `four_as_nine`, a list or an array. (`lab.GradCAM(model).explain(digits.test_x,
# layers="conv2d_1").target` gives the predicted classes.) Then look at them in the explorer above,
# once with target 4 and once with target 9.

# %%
four_as_nine = ...

# %%
if four_as_nine is ...:
    print("Not answered yet.")
else:
    predicted = model.predict(digits.test_x, verbose=0).argmax(axis=1)
    expected = np.flatnonzero((digits.test_y == 4) & (predicted == 9))
    try:
        right = np.array_equal(np.sort(np.ravel(four_as_nine)), expected)
    except Exception:  # not a list of numbers
        right = False
    hint = "Not these. True class 4 and predicted class 9: join both with &."
    print("Correct." if right else hint)

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# predicted = lab.GradCAM(model).explain(digits.test_x, layers="conv2d_1").target
# four_as_nine = np.flatnonzero((digits.test_y == 4) & (predicted == 9))
# ```
#
# </details>
#
# ## In this notebook you
#
# - derived Grad-CAM: feature maps (14 × 14 × 64) → gradients (the same shape) → weights α (64) →
#   signed map (14 × 14) → ReLU → heatmap in [0, 1],
# - took one map apart into its channels, and saw how much of them cancels,
# - checked your function against the package's, for every layer and class,
# - saw that the logit asks about one class, and the probability about a class and its rivals,
# - learned that a blank heatmap is a finding about one layer and one way of averaging, not about
#   the whole network,
# - compared 1, 7 and 9, averaged over 100 of each, and tested a heatmap's claim by an experiment,
#   which it did not pass,
# - drew a digit, and watched evidence and answer change.
#
# Next: [3. Grad-CAM Using trained model](03_trained_model.ipynb), where a network with a thousand
# classes looks at photographs.
