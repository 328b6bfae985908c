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
# - show that a heatmap depends on the class that it is asked about.
#
# **Time:** 45 minutes. Internet is not needed.

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

# %% [markdown]
# ## 3.2 Import VGG 16 model and image data set
#
# The course takes VGG16 (Simonyan and Zisserman 2015). To list its layers takes no weights: each
# layer tells the shape of its output, and its parameters are counted as in lesson 1, (weights of
# one filter + 1) · number of filters.
#
# *Predict:* the digits' network had 119,530 parameters, most of them in its first dense layer. How
# many has VGG16, and where?

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

# %% [markdown]
# The same lines as in the course's summary: thirteen convolutions in five blocks, then three dense
# layers, with 138,357,544 parameters together. Nearly three quarters of them sit in `fc1`, the
# first dense layer: as in lesson 1, it joins every place to every unit.
#
# ### Which network answers here
#
# VGG16's weights are a file of 528 MB. Where they are on this machine or can be downloaded, the
# next cell loads them. Otherwise it says so and takes EfficientNet-Lite0 (Tan and Le 2019), which
# ships with this package and is nearly 30 times smaller. **All answers in this notebook come from
# the network that the cell's last line names.** The lesson works with both. Where the text says
# what a heatmap shows, it describes EfficientNet-Lite0; the numbers and maps of VGG16 differ in
# detail.
#
# In a class: if somebody has put the file into a shared folder, `%env
# GRADCAM_LAB_WEIGHTS=/that/folder` in a cell of its own, run first, is all it takes. `%env
# GRADCAM_LAB_OFFLINE=1` forbids every download.
#
# An explorer holds on to its network. When you run these cells a second time, the first line lets
# go of the explorers from before, and of the 500 MB that VGG16 takes.

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
# A network accepts only what it was trained on: this size, this range of values. `preprocess`
# resizes the photograph and scales its values as *this* network wants them.

# %%
batch = network.preprocess(cat)
print("photograph", cat.size, "-> batch", batch.shape, batch.dtype)
print(f"values from {batch.min():.1f} to {batch.max():.1f}")

# %% [markdown]
# Not 0 to 255 any more, and not 0 to 1 either. Each network has a range of its own, and one that is
# given the wrong range answers all the same; exercise 2 shows what. Always use the preprocessing
# that belongs to the network.

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
# One pass through the network, forward and back, is enough to explain *all* layers.

# %%
explanation = lab.GradCAM(model).explain(batch)
print(
    f"{len(explanation.heatmaps)} heatmaps, the last one {explanation.heatmaps[layers[-1]].shape}"
)

# %% [markdown]
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

# %%
plt.figure(figsize=(4, 3.4))
plt.imshow(heatmap, cmap="jet")
plt.colorbar(label="evidence for the predicted class")
plt.title(f"{heatmap.shape[0]} × {heatmap.shape[1]} cells")
plt.axis("off")
plt.show()

# %% [markdown]
# *A coarse field of coloured squares, warm in one part and cold towards the borders.* So coarse is
# what the network knows of "where" at its last convolution. By itself it says little: it has to lie
# on the photograph.

# %% [markdown]
# ## 3.5 Joint image and heatmap

# %%
overlay = lab.save_and_display_gradcam(cat, heatmap, "cam_cat.jpg")

# %% [markdown]
# *The cat's face under the interpolated heatmap; the warm part covers the face, the background is
# cold.* That looks convincing. But a face in the middle of a picture proves little: a method that
# pointed at the middle of every picture would look as good here. Section "Two things in one
# picture", below, is a harder test.
#
# ### From early to late layers
#
# *Predict:* the first layers see a few pixels, the last ones most of the picture. How will the
# heatmap change from the first to the last layer?

# %%
chosen = [layers[i] for i in np.linspace(0, layers.index(network.last_conv), 6).astype(int)]
figure, axes = plt.subplots(2, 3, figsize=(9, 4.8), layout="constrained")
for axis, name in zip(axes.flat, chosen, strict=True):
    heatmap = explanation.heatmaps[name][0]
    axis.imshow(lab.superimpose(cat, heatmap, 0.6))
    axis.set_title(f"{name}\n{heatmap.shape[0]} × {heatmap.shape[1]} cells", fontsize=9)
    axis.axis("off")
plt.show()

# %% [markdown]
# *Six overlays, from the first layer to the last convolutional one.* Early maps are fine and
# scattered over edges and textures. Further on, cells grow and warm places may lie anywhere, even
# beside the animal: these layers know parts and patterns, and α, a mean over all places, treats
# them roughly. Only the last one gathers into one warm region on the face. This is the reason for
# the custom of explaining the last convolutional layer, and a warning against showing another one
# without saying so.
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
print("explained class:", network.class_names[explorer.explanation.target[0]])

# %% [markdown]
# ### Five methods, how many maps?
#
# Lesson 2 named other methods. *Predict:* at the last convolutional layer of this network, how much
# do their heatmaps of the same picture differ?

# %%
methods = lab.MethodComparison(network, pictures)
methods

# %% [markdown]
# *Five overlays of one photograph, one for each method, hard to tell apart; each of the last four
# says how far its map is from Grad-CAM's.* Tick *difference* to see where. The same, to one digit,
# from the engine itself:

# %%
last = {
    method: lab.GradCAM(model).explain(batch, method=method).heatmaps[network.last_conv]
    for method in lab.METHODS
}
for method, heatmap in last.items():
    print(f"{method:10} {np.abs(heatmap - last['gradcam']).max():.1f}")

# %% [markdown]
# Three. (0.0 stands for less than 0.05. We do not count that: heatmaps differ a little from one
# processor to another.) In EfficientNet-Lite0, Grad-CAM, HiResCAM and XGrad-CAM are one map. After
# its last convolution, the network takes the mean of each channel over all places, and one dense
# layer decides. So every place of a channel has the same gradient, and whether one averages
# gradients or takes each as it is makes no difference: up to its scale, all three are CAM (Zhou et
# al. 2016), from which Grad-CAM was generalised. LayerCAM and Grad-CAM++ give no weight to channels
# with a negative gradient, and so they differ a little. (VGG16 has no such mean: there the three
# differ, too.) Agreement of methods is no proof that they are right; it may be a property of the
# network.
#
# ### Does a map survive a little noise?
#
# Move *layer* in the comparison above to the left, to a layer in the middle, and the methods part.
# Before you ask which of them is right, ask whether each agrees with *itself*. Add noise to the
# cat, at most half a grey level. Nobody could see it.
#
# *Predict:* which methods will give nearly the same map again? The next cell asks at two layers in
# the middle, one with an activation (a ReLU) and one without, and calls a map *kept* if its
# correlation with the map without noise is above 0.9.

# %%
noise = np.random.default_rng(0).uniform(-0.5, 0.5, (224, 224, 3))
noisy = network.scale((np.asarray(network.resize(cat)) + noise).astype("float32"))
two_cats = np.stack([batch[0], noisy])
middle = ["block4b_depthwise", "block4b_add"]
if network.name == "vgg16":
    middle = ["block4_conv2", "block4_conv3"]
for name in middle:
    for method in lab.METHODS:
        maps = lab.GradCAM(model).explain(two_cats, explanation.target[0], method=method)
        correlation = np.corrcoef(*maps.signed[name].reshape(2, -1))[0, 1]
        print(f"{name:18} {method:10} {'kept' if correlation > 0.9 else 'changed'}")

# %%
figure, axes = plt.subplots(2, 5, figsize=(7.5, 2.8), layout="constrained")
figure.suptitle(f"{middle[1]}: the cat, and the cat with noise")
for column, method in zip(axes.T, lab.METHODS, strict=True):
    maps = lab.GradCAM(model).explain(two_cats, explanation.target[0], method=method).heatmaps
    column[0].set_title(method)
    for axis, heatmap in zip(column, maps[middle[1]], strict=True):
        axis.imshow(lab.superimpose(cat, heatmap, 0.6))
        axis.axis("off")
plt.show()

# %% [markdown]
# *The layer without an activation: above the maps of the cat, below those of the cat with noise.*
# Three columns repeat themselves. Those of Grad-CAM++ and XGrad-CAM do not: warm places turn cold,
# and cold ones warm. These two methods divide, XGrad-CAM by the sum of a channel's values,
# Grad-CAM++ by a number that contains this sum. After a ReLU no value is negative, and the division
# is safe. Without one, positive and negative values cancel, the divisor comes near zero, and the
# noise decides. In EfficientNet-Lite0, the layers called *project* and *add* have no activation.
# (In VGG16, every layer has one, or pools the maps of one that has.) A map that does not survive a
# noise which nobody sees tells nothing about the cat.
#
# ### Two things in one picture
#
# Now the question that digits could not answer. Put cat and coffee side by side.

# %%
pair = Image.new("RGB", (600, 300))
pair.paste(ImageOps.fit(lab.sample_image("cat"), (300, 300)), (0, 0))
pair.paste(ImageOps.fit(lab.sample_image("coffee"), (300, 300)), (300, 0))
pair

# %% [markdown]
# *On the left half the cat's face, on the right half a red cup of espresso.* *Predict:* what will
# the network answer? And where will it find evidence, if you ask for "Egyptian cat", and if you ask
# for "espresso"?

# %%
probabilities = model(network.preprocess(pair), training=False).numpy()
for _, name, probability in network.decode(probabilities, top=6)[0]:
    print(f"{probability:6.1%}  {name}")

# %% [markdown]
# The probabilities have to add up to 1, so cat and cup now share them, and no answer is very
# probable any more. Softmax was made for pictures of one thing. But the *evidence* for each class
# is still in the feature maps.

# %%
both = lab.GradCAMExplorer(network, [pair])
both

# %% [markdown]
# *The double picture, its heatmap and its overlay, explained for the predicted class.* Now **change
# the class, and nothing else**: click "Egyptian cat", then "espresso", and watch the heatmap. (A
# class without a bar is found by its name, in the field below the bars.) The next cells do it from
# Python.

# %%
both.target = network.class_names.index("Egyptian cat")
cat_map = both.explanation.heatmaps[network.last_conv][0]
both.target = network.class_names.index("espresso")
coffee_map = both.explanation.heatmaps[network.last_conv][0]
assert network.class_names[both.explanation.target[0]] == "espresso"

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 2.7))
for axis, name, heatmap in zip(
    axes, ["Egyptian cat", "espresso"], [cat_map, coffee_map], strict=True
):
    axis.imshow(lab.superimpose(pair, heatmap, 0.5))
    axis.set_title(f"evidence for {name}")
    axis.axis("off")
plt.show()

# %% [markdown]
# *Twice the same picture. Asked for the cat, the heatmap is warm on the left half; asked for the
# espresso, on the right.* The same network, the same picture, the same feature maps; another
# question. In numbers, the share of each heatmap that lies on the left half:


# %%
def share_on_the_left(heatmap):
    columns = np.linspace(0, 1, heatmap.shape[1])
    return heatmap[:, columns < 0.5].sum() / heatmap.sum()


# %%
print(
    f"Egyptian cat: {share_on_the_left(cat_map):.0%}, espresso: {share_on_the_left(coffee_map):.0%}"
)

# %% [markdown]
# The paper calls this *class-discriminative*. A picture of "important pixels" without a class
# cannot do it.
#
# ### Exercise 1: change sides
#
# Build `swapped`, the same double picture with the coffee on the left and the cat on the right.
# Before you run the check: will the heatmap for "espresso" follow the cup?

# %%
swapped = ...

# %%
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

# %% [markdown]
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
#
# ### Exercise 2: the wrong range
#
# What happens if you forget the preprocessing? Give the network the cat as numbers from 0 to 255,
# and put the name of its first answer into `answer`. (`np.asarray(network.resize(cat),
# "float32")[None]` is such a batch; `network.decode` names the answer.)

# %%
answer = ...

# %%
if answer is ...:
    print("Not answered yet.")
else:
    unprepared = np.asarray(network.resize(cat), "float32")[None]
    expected = network.decode(model(unprepared, training=False).numpy(), top=1)[0][0][1]
    right = np.array_equal(answer, expected)
    print("Correct." if right else "Not that: decode gives (id, name, probability).")

# %% [markdown]
# <details><summary>Solution</summary>
#
# ```python
# unprepared = np.asarray(network.resize(cat), "float32")[None]
# answer = network.decode(model(unprepared, training=False).numpy(), top=1)[0][0][1]
# ```
#
# The network does not complain. Nothing in its answer says that the question was spoilt.
#
# </details>
#
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
# one, or use the camera.* Try something that the network
# knows by name, and something that it cannot know, such as yourself: it has no class "person". What
# does it say, and where does it find evidence for that? From Python, a picture is set like any
# other choice:

# %%
own.picture = lab.sample_image("coffee")
print("explained class:", network.class_names[own.explanation.target[0]])

# %% [markdown]
# ## In this notebook you
#
# - asked a network of a thousand classes about a photograph, with the preprocessing that belongs to
#   it,
# - saw that the formula of Grad-CAM is two lines, the same for digits and for photographs,
# - followed the heatmap from early layers (fine, scattered) to late ones (coarse, on the thing),
# - saw that methods may agree because of the network, not because they are right, and that some
#   maps do not survive a little noise,
# - moved the heatmap from the cat to the cup by changing nothing but the target,
# - asked about a photograph of your own.
#
# **To take along:** a heatmap belongs to a network, a layer, a class and a method. Whoever shows
# you one without naming these four has left out the question.
#
# Back to: [1. Building model for Grad-CAM](01_build_a_cnn.ipynb) · [2. Visualization Using
# Grad-CAM](02_grad_cam.ipynb)
