# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3. Grad-CAM Using trained model (VGG16)
#
# Ten digits are a small world. Now a network that knows a thousand kinds of things, trained on 1.3
# million photographs, looks at a cat. You ask it the questions of [lesson 2](02_grad_cam.ipynb),
# and one that single digits could not pose: what happens when a picture shows *two* things?
#
# **After this lesson you can**
#
# - prepare a photograph for a trained network and read its answer,
# - explain that answer at any layer, and say how the explanation changes from early to late layers,
# - show that a heatmap depends on the class that it is asked about, and say what that proves.
#
# **Time:** 50 minutes. Internet is not needed.

# %% [markdown]
# ## 3.1 Import Library

# %%
import gradcam_lab as lab

import inspect
import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from gradcam_lab.pretrained.vgg16 import vgg16_layers
from PIL import Image, ImageOps

plt.style.use("gradcam_lab.assets.lesson")
lab.set_language("en")
bare = {"xticks": [], "yticks": []}

# %% [markdown]
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course imports each function of `tensorflow.keras.preprocessing` by name. Newer versions of
# Keras have moved them; here the preprocessing comes with the network, as `network.preprocess`.
#
# </details>

# %% [markdown]
# ## 3.2 Import VGG 16 model and image data set
#
# The course takes VGG16 (Simonyan and Zisserman 2015). To list its layers takes no weights: each
# layer tells the shape of its output, and its parameters are counted as in lesson 1, (weights of
# one filter + 1) · number of filters.
#
# The digits' network had most of its parameters in its first dense layer. And VGG16?

# %% tags=["prediction"]
largest = lab.Prediction(
    "Where are most of VGG16's parameters?",
    ["in thirteen convolutions", "in the first dense layer", "in the last dense layer"],
)
largest

# %% [markdown]
# *A card with three answers, and how sure you are.* Lock your prediction, then count.

# %%
places_of_a_filter = {"Conv2D": 3 * 3, "Dense": 1}
shape, together = (1, 224, 224, 3), 0
for layer in vgg16_layers():
    channels, shape = shape[-1], layer.compute_output_shape(shape)
    places = places_of_a_filter.get(type(layer).__name__)
    parameters = (places * channels + 1) * shape[-1] if places else 0
    together += parameters
    print(f"{layer.name:14} {shape[1:]!s:16} {parameters:12,}")
print(f"{'together':31} {together:12,}")

# %%
largest.answer = "in the first dense layer"

# %% [markdown]
# The same lines as in the course's summary: thirteen convolutions in five blocks, then three dense
# layers, with 138,357,544 parameters together. Of these, 102,764,544, nearly three quarters, sit in
# `fc1`, the first dense layer: as in lesson 1, it joins every place to every unit.
#
# ### Which network answers here
#
# VGG16's weights are a file of 528 MB. Where they are on this machine or can be downloaded, the
# next cell loads them. Otherwise it says so and takes EfficientNet-Lite0 (Tan and Le 2019), which
# ships with this package and is much smaller. **All answers in this notebook come from
# the network that the cell's last line names.** The lesson works with both. Where the text says
# what a heatmap shows, it describes EfficientNet-Lite0; the numbers and maps of VGG16 differ in
# detail.
#
# In a class: if somebody has put the file into a shared folder, `%env
# GRADCAM_LAB_WEIGHTS=/that/folder` in a cell of its own, run first, is all it takes. `%env
# GRADCAM_LAB_OFFLINE=1` forbids every download.
#
# An explorer holds on to its network. When you run these cells a second time, the first line lets
# go of the explorers from before, and of the memory that VGG16 takes.

# %%
widgets.Widget.close_all()
network = lab.load_pretrained("vgg16", fallback="efficientnet_lite0")
print(f"This notebook asks {network.name}.")

# %%
model = network.model
layers = lab.spatial_layers(model)
print(f"{model.count_params():,} parameters, input {model.inputs[0].shape[1:]}")
print(f"{len(layers)} spatial layers, from {layers[0]} to {layers[-1]}")
print(f"last convolutional layer: {network.last_conv}")

# %% [markdown]
# Millions of parameters instead of a hundred thousand, many layers instead of four, pictures of 224
# × 224 pixels with three channels. And yet it is the same kind of thing: convolutions that find
# features, then layers that decide.
#
# These layers have something that Grad-CAM can use. Compare their feature maps' shapes.

# %%
for name in layers[:: len(layers) // 8]:
    print(f"{name:22} {model.get_layer(name).output.shape[1:]}")

# %% [markdown]
# As in lesson 2, height and width shrink, while the channels become more on the whole (EfficientNet
# widens and narrows them again within each of its blocks): less *where*, more *what*.
#
# Now the photographs.

# %%
print("photographs:", lab.sample_images())
cat = lab.sample_image("cat")
cat

# %% [markdown]
# *A tabby cat's face, close up: eyes, nose and whiskers are sharp, the background is blurred.*
# (Photograph: Chelsea, by Stefan van der Walt, CC0.)
#
# A network must be given what it was trained on: this size, this range of values. `preprocess`
# resizes the photograph and scales its values as *this* network wants them.

# %%
batch = network.preprocess(cat)
print("photograph", cat.size, "-> batch", batch.shape, batch.dtype)
print(f"values from {batch.min():.1f} to {batch.max():.1f}")

# %% [markdown]
# Not 0 to 255 any more, and not 0 to 1 either. Each network has a range of its own, and one that is
# given the wrong range answers all the same; exercise 1 shows what. Always use the preprocessing
# that belongs to the network.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course downloads a folder of pictures and takes `cat.1.jpg` out of it; we take a cat that
# ships with the package. The course always asks VGG16; here it is asked wherever its weights are.
# Otherwise a smaller network answers, so that nobody has to wait for 528 MB.
#
# </details>

# %% [markdown]
# ## 3.3 Implementing Grad-CAM
#
# The course repeats its function here, because nothing in it has to change: Grad-CAM does not care
# whether there are two convolutions or fifty, ten classes or a thousand. In this package the
# formula stands alone. Here is all of it.

# %%
print(inspect.getsource(lab.METHODS["gradcam"]))

# %% [markdown]
# Two lines of calculation: steps 4 and 5 of lesson 2, the mean of the gradients and the weighted
# sum of the feature maps. Everything else (feature maps, gradients, ReLU, scale) is the same for
# every method of this family.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course's second function is its first one, with English comments: it asks for the probability.
# One argument does the same here:
#
# ```python
# lab.make_gradcam_heatmap(batch, model, network.last_conv, score="probability")
# ```
#
# With a thousand classes the probability asks what favours this one over 999 others. We go on
# asking for the logit, a question about one class, as in lesson 2.
#
# </details>
#
# One pass through the network, forward and back, is enough to explain *all* layers.

# %%
explanation = lab.GradCAM(model).explain(batch)
print(
    f"{len(explanation.heatmaps)} heatmaps, the last one {explanation.heatmaps[layers[-1]].shape}"
)

# %% [markdown] tags=["prediction"]
# ## 3.4 Test
#
# *Predict:* ImageNet has no class "cat". It has several kinds of cat. Which answer do you expect,
# and how sure will the network be?

# %%
probabilities = model(batch, training=False).numpy()
for wordnet_id, name, probability in network.decode(probabilities, top=5)[0]:
    print(f"{probability:6.1%}  {name}  ({wordnet_id})")

# %% [markdown]
# The five most likely of a thousand classes. Kinds of cat hold the first places: what doubt there
# is, is about which cat, not about cat or teapot. The number behind each name is its WordNet id, by
# which ImageNet knows the class.
#
# Where did it look?

# %%
heatmap = lab.make_gradcam_heatmap(batch, model, network.last_conv)
print(f"heatmap {heatmap.shape} from {heatmap.min():.2f} to {heatmap.max():.2f}")

# %% [markdown]
# A heatmap belongs to a network, a layer, a class and a method. From here on, each figure names
# them.


# %%
def name_all(layer, target, method="Grad-CAM"):
    return f"{network.name}, {layer}, {network.class_names[target]}, {method}"


# %%
answer = int(explanation.target[0])
plt.figure(figsize=(3.6, 2.6))
plt.imshow(heatmap, cmap="OrRd")
plt.colorbar(label="share of the largest value")
plt.title(name_all(network.last_conv, answer))
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *A coarse field of coloured squares, warm in the middle and cold towards the borders.* So coarse is
# what the network knows of "where" at its last convolution. Alone, it does not show what it is
# pointing at: it has to lie on the photograph.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course prints the first answer only: *tabby*, at 9 %. With five answers one sees what the
# network hesitates between.
#
# </details>

# %% [markdown]
# ## 3.5 Joint image and heatmap

# %%
overlay = lab.save_and_display_gradcam(cat, heatmap, "cam_cat.jpg")

# %% [markdown]
# *The cat's face under the interpolated heatmap, in the course's look: warm on the face, cold on the
# background.* That looks convincing. But how hard was it? Here is a control: a blob in the middle of
# the picture, computed without any network.

# %%
distance = np.linspace(-1, 1, 7)
blob = np.exp(-2 * (distance[:, None] ** 2 + distance**2))
figure, axes = plt.subplots(1, 2, figsize=(7, 2.7), subplot_kw=bare)
axes[0].imshow(lab.superimpose(cat, heatmap, 0.5))
axes[0].set_title(name_all(network.last_conv, answer))
axes[1].imshow(lab.superimpose(cat, blob, 0.5))
axes[1].set_title("no network, no layer, no class: a blob")
plt.show()

# %% [markdown] tags=["prediction"]
# *Twice the cat: under its heatmap, and under the blob. Both cover the face.* Whoever sees only the
# right picture would be as convinced. A warm face in the middle of a photograph proves little about
# a method. The last section, "Two things in one picture", is a harder test.
#
# <details><summary>What the course does, and why we do it otherwise</summary>
#
# The course's picture and colours are both in [0, 255] here, and alpha is 0.4. It still adds them,
# and scales the sum to fit:
#
# ```python
# colours = lab.superimpose(cat, heatmap, 1.0).astype(float)
# added = 0.4 * colours + np.asarray(cat, float)
# plt.imshow(added / added.max())
# ```
#
# Where the photograph is bright, the sum is bright whatever the heatmap says. A mixture keeps both.
#
# </details>
#
# ### From early to late layers
#
# *Predict:* the first layers see a few pixels, the last ones most of the picture. How will the
# heatmap change from the first to the last layer?

# %%
chosen = [layers[i] for i in np.linspace(0, layers.index(network.last_conv), 6).astype(int)]
figure, axes = plt.subplots(2, 3, figsize=(7, 3.6), subplot_kw=bare)
figure.suptitle(name_all("six layers", answer))
for axis, name in zip(axes.flat, chosen, strict=True):
    heatmap = explanation.heatmaps[name][0]
    axis.imshow(lab.superimpose(cat, heatmap, 0.6))
    axis.set_title(f"{name}, {heatmap.shape[0]} × {heatmap.shape[1]} cells")
plt.show()

# %% [markdown]
# *Six overlays, from the first layer to the last convolutional one.* Early maps are fine and
# scattered over edges and textures. Further on, cells grow and warm places may lie anywhere, even
# beside the animal. Does the network look there? Or is α, a mean over all places, a poor account of
# these layers? The picture cannot tell. Only the last map gathers into one warm region on the face.
# That is one reason for the custom of explaining the last convolutional layer, and a warning against
# showing another one without saying so.
#
# ### The explorer
#
# A new picture or a new target runs the network once; after that, every layer is there at once.
# (This network is too large to be sent to your browser: in the notebook, the kernel answers.)

# %%
pictures = [lab.sample_image(name) for name in lab.sample_images()]
explorer = lab.GradCAMExplorer(network, pictures)
explorer

# %% [markdown]
# *The overlay, with photograph and heatmap beside it; the five most likely classes; and below, the
# heatmaps of all 58 layers.* Move *layer* slowly from left to right. Then try *alpha*, a *threshold*
# that hides what is cold, and *swipe*, with a divider that you drag over the picture.
#
# And from Python: the coffee cup, at the last convolutional layer.

# %%
explorer.index = lab.sample_images().index("coffee")
explorer.layer = network.last_conv
explorer.alpha = 0.5
shown = explorer.explanation
print("explained class:", network.class_names[shown.target[0]])

# %%
plt.figure(figsize=(3.6, 2.6))
plt.imshow(lab.superimpose(pictures[explorer.index], shown.heatmaps[network.last_conv][0], 0.5))
plt.title(name_all(network.last_conv, shown.target[0]))
plt.gca().set(**bare)
plt.show()

# %% [markdown]
# *What the explorer now shows: the cup of coffee under the heatmap for its first answer, espresso.*
#
# ### Five methods, how many maps?
#
# Lesson 2 named other methods. At the last convolutional layer of this network, how much do their
# heatmaps of the same picture differ?

# %% tags=["prediction"]
number = lab.Prediction("How many different heatmaps do five methods give here?", list("12345"))
number

# %% [markdown]
# *A card with five answers.* Lock yours.

# %%
methods = lab.MethodComparison(network, pictures)
methods

# %% [markdown]
# *Five overlays of one photograph, one for each method, hard to tell apart; each of the last four
# says how far its map is from Grad-CAM's.* Tick *difference* to see where. The same, to one
# decimal, from the engine itself:

# %%
last = {
    method: lab.GradCAM(model).explain(batch, method=method).heatmaps[network.last_conv]
    for method in lab.METHODS
}
for method, heatmap in last.items():
    print(f"{method:10} {np.abs(heatmap - last['gradcam']).max():.1f}")

# %%
number.answer = "3" if network.name == "efficientnet_lite0" else "5"

# %% [markdown]
# Three. (0.0 is rounded. What is smaller does not count here: heatmaps differ a little from one
# processor to another.) In EfficientNet-Lite0, Grad-CAM, HiResCAM and XGrad-CAM are one map. After
# its last convolution, the network takes the mean of each channel over all places, and one dense
# layer decides. So every place of a channel has the same gradient, and whether one averages
# gradients or takes each as it is makes no difference: up to its scale, all three are CAM (Zhou et
# al. 2016), from which Grad-CAM was generalised. LayerCAM and Grad-CAM++ give no weight to channels
# with a negative gradient, and so they differ a little. (The CNN of lesson 2 has no such mean, and
# neither has VGG16: there Grad-CAM and HiResCAM part, as they did for the 8.) Agreement of methods is
# no proof that they are right; it may be a property of the network.
#
# ### Does a map survive a little noise?
#
# Move *layer* in the comparison above to the left, to a layer in the middle, and the methods part.
# Before you ask which of them is right, ask whether each agrees with *itself*. Add noise to the
# cat, at most half a grey level. Nobody could see it. And the network?

# %%
noise = np.random.default_rng(0).uniform(-0.5, 0.5, (224, 224, 3))
noisy = network.scale((np.asarray(network.resize(cat)) + noise).astype("float32"))
two_cats = np.stack([batch[0], noisy])
for name, answers in zip(["cat", "with noise"], model(two_cats, training=False), strict=True):
    print(f"{name:10} {network.class_names[answer]}, probability {answers[answer]:.2f}")

# %% [markdown] tags=["prediction"]
# The same answer, as sure as before. *Predict:* which methods will give nearly the same map again?
# The next cell asks at two layers in the middle, one with an activation (a ReLU) and one without,
# and calls a map *kept* if its correlation with the map without noise is above 0.9.

# %%
middle = ["block4b_depthwise", "block4b_add"]
if network.name == "vgg16":
    middle = ["block4_conv2", "block4_conv3"]
of_method = {}
for method in lab.METHODS:
    of_method[method] = lab.GradCAM(model).explain(two_cats, answer, middle, method)
    for name, signed in of_method[method].signed.items():
        correlation = np.corrcoef(*signed.reshape(2, -1))[0, 1]
        print(f"{method:10} {name:18} {'kept' if correlation > 0.9 else 'changed'}")

# %%
figure, axes = plt.subplots(2, 5, figsize=(7, 2.6), subplot_kw=bare)
figure.suptitle(name_all(middle[1], answer, "five methods"))
axes[0, 0].set_ylabel("cat")
axes[1, 0].set_ylabel("with noise")
for column, (method, maps) in zip(axes.T, of_method.items(), strict=True):
    column[0].set_title(method)
    for axis, heatmap in zip(column, maps.heatmaps[middle[1]], strict=True):
        axis.imshow(lab.superimpose(cat, heatmap, 0.6))
plt.show()

# %% [markdown]
# *The layer without an activation: above the maps of the cat, below those of the cat with noise.*
# Three columns repeat themselves. Those of Grad-CAM++ and XGrad-CAM do not: warm places turn cold,
# and cold ones warm. These two methods divide, XGrad-CAM by the sum of a channel's values,
# Grad-CAM++ by a number that contains this sum. After a ReLU no value is negative, and the division
# is safe. Without one, positive and negative values cancel, the divisor comes near zero, and the
# noise decides. In EfficientNet-Lite0, the layers called *project* and *add* have no activation.
# (In VGG16, every layer has one, or pools the maps of one that has.) The answer has not moved. So
# what moved in these maps was not the reason for it.
#
# ### Exercise 1: the wrong range
#
# What happens if you forget the preprocessing? Give the network the cat as numbers from 0 to 255,
# and put the name of its first answer into `first_answer`. (`np.asarray(network.resize(cat),
# "float32")[None]` is such a batch; `network.decode` names the answer.)

# %% tags=["answer"]
first_answer = ...

# %% tags=["check"]
if first_answer is ...:
    print("Not answered yet.")
else:
    unprepared = np.asarray(network.resize(cat), "float32")[None]
    expected = network.decode(model(unprepared, training=False).numpy(), top=1)[0][0][1]
    right = np.array_equal(first_answer, expected)
    print("Correct." if right else "Not that: decode gives (id, name, probability).")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# unprepared = np.asarray(network.resize(cat), "float32")[None]
# first_answer = network.decode(model(unprepared, training=False).numpy(), top=1)[0][0][1]
# ```
#
# The network does not complain. Nothing in its answer says that the question was spoilt.
#
# </details>

# %% [markdown]
# ### Your own photograph
#
# Choose a file, or drop one on the field. The picture goes to your notebook's kernel and nowhere
# else: if the kernel runs on your machine, it stays there; on Binder, Colab or a JupyterHub it goes
# to theirs. A notebook saved with its widgets or outputs can hold a small copy of what they show.

# %%
own = lab.OwnPictureExplorer(network)
own

# %% [markdown]
# *At first the cat again; above the controls the field for a picture: choose a file, drop or paste
# one, or use the camera.* Try something that the network knows by name, and something that it cannot
# know, such as yourself: it has no class "person". What does it say, and where is the map for that
# warm? From Python, a picture is set like any other choice:

# %%
own.picture = lab.sample_image("coffee")
print("explained class:", network.class_names[own.explanation.target[0]])

# %% [markdown]
# ### Two things in one picture
#
# Now the question that digits could not answer. Put cat and coffee side by side.

# %%
pair = Image.new("RGB", (600, 300))
pair.paste(ImageOps.fit(lab.sample_image("cat"), (300, 300)), (0, 0))
pair.paste(ImageOps.fit(lab.sample_image("coffee"), (300, 300)), (300, 0))
pair

# %% [markdown] tags=["prediction"]
# *On the left half the cat's face, on the right half a red cup of espresso.* *Predict:* what will
# the network answer? And where will the map be warm, if you ask about "Egyptian cat", and if you ask
# about "espresso"?

# %%
probabilities = model(network.preprocess(pair), training=False).numpy()
for _, name, probability in network.decode(probabilities, top=6)[0]:
    print(f"{probability:6.1%}  {name}")

# %% [markdown]
# The probabilities have to add up to 1, so cat and cup now share them, and no answer is very
# probable any more. Softmax was made for pictures of one thing. But one may still ask about each.

# %%
both = lab.GradCAMExplorer(network, [pair])
both

# %% [markdown]
# *The double picture, its heatmap and its overlay, explained for the predicted class.* Now **change
# the class, and nothing else**: click "Egyptian cat", then "espresso", and watch the heatmap. (A
# class without a bar is found by its name, in the field below the bars.) The next cells do it from
# Python, and ask about a third class as a control: a teapot, which is not in the picture.
#
# %% tags=["prediction"]
teapot = lab.Prediction(
    "There is no teapot. Where will the map for teapot be warm?",
    ["nowhere", "on the cat", "on the cup", "everywhere a little"],
)
teapot

# %% [markdown]
# *A card with four answers.* Lock yours.

# %%
of_class = {}
for name in ["Egyptian cat", "espresso", "teapot"]:
    both.target = network.class_names.index(name)
    of_class[name] = both.explanation.heatmaps[network.last_conv][0]
    print(f"{name:12} probability {both.explanation.probabilities[0, both.target]:.2f}")
both.target = None

# %%
figure, axes = plt.subplots(3, 1, figsize=(4, 6.4), subplot_kw=bare)
for axis, (name, heatmap) in zip(axes, of_class.items(), strict=True):
    axis.imshow(lab.superimpose(pair, heatmap, 0.5))
    axis.set_title(name_all(network.last_conv, network.class_names.index(name)))
plt.show()

# %% [markdown]
# *Three times the same picture. Asked about the cat, the heatmap is warm on the left half; about the
# espresso, on the right; about the teapot, on the right as well.* The same network, the same
# picture, the same feature maps; another question. In numbers, the share of each heatmap that lies
# on the left half. (A map of seven columns has one in the middle: half of it counts.)


# %%
def share_on_the_left(heatmap):
    width = heatmap.shape[1]
    part_on_the_left = np.clip(width / 2 - np.arange(width), 0, 1)  # of each column
    return (heatmap @ part_on_the_left).sum() / heatmap.sum()


# %%
for name, heatmap in of_class.items():
    print(f"{name}: {share_on_the_left(heatmap):.2f} on the left")

# %%
on_the_cup = share_on_the_left(of_class["teapot"]) < 0.5
teapot.answer = "on the cup" if on_the_cup else "on the cat"

# %% [markdown]
# The paper calls this *class-discriminative*: asked about the cat, the map does not light up the cup.
# A picture of "important pixels" without a class could not do that.
#
# But look at the control. There is no teapot, the network gives it hardly any probability, and yet
# its map is as red as the others and lies on the cup: for this network, a cup has much of what a
# teapot has. So the map can tell a cat from a cup, and cannot tell a cup from a teapot. **A heatmap
# says where the network would look for a class. It does not say that the class is there.**
#
# ### Exercise 2: change sides
#
# Build `swapped`, the same double picture with the coffee on the left and the cat on the right.
# Before you run the check: will the heatmap for "espresso" follow the cup?

# %% tags=["answer"]
swapped = ...

# %% tags=["check"]
if swapped is ...:
    print("Not answered yet.")
else:
    targets = [network.class_names.index(name) for name in ["espresso", "Egyptian cat"]]
    try:
        twice = np.repeat(network.preprocess(swapped), 2, axis=0)
        explained = lab.GradCAM(model).explain(twice, targets, network.last_conv)
        cup, animal = map(share_on_the_left, explained.heatmaps[network.last_conv])
        both_there = explained.probabilities[0, targets].min() > 0.001
        right = both_there and cup > 0.5 > animal
    except Exception:  # not a picture
        right = False
    print("Correct." if right else "Not yet: the cup belongs on the left, the cat on the right.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# swapped = Image.new("RGB", (600, 300))
# swapped.paste(ImageOps.fit(lab.sample_image("coffee"), (300, 300)), (0, 0))
# swapped.paste(ImageOps.fit(lab.sample_image("cat"), (300, 300)), (300, 0))
# ```
#
# The heatmap follows the cup. A check like this one, change the picture and see whether the
# explanation moves along, tells more than a single beautiful heatmap.
#
# </details>

# %%
lab.predictions_so_far()

# %% [markdown]
# *What became of your predictions in this lesson.*
#
# ## In this notebook you
#
# - asked a network of a thousand classes about a photograph, with the preprocessing that belongs to
#   it,
# - saw that the formula of Grad-CAM is two lines, the same for digits and for photographs,
# - held a beautiful heatmap against a blob that no network made,
# - followed the heatmap from early layers (fine, scattered) to late ones (coarse, on the thing),
# - saw that methods may agree because of the network, not because they are right, and that some
#   maps do not survive a little noise,
# - asked about a photograph of your own,
# - moved the heatmap from the cat to the cup by changing nothing but the target, and found it on the
#   same cup when you asked about a teapot.
#
# **To take along:** a heatmap belongs to a network, a layer, a class and a method. Whoever shows
# you one without naming these four has left out the question.
#
# Three questions are open: a network that was certain and wrong, a map that an experiment
# contradicts, and a teapot that is not there.
#
# Next: [4. Can you believe a heatmap?](04_believe_a_heatmap.ipynb)
